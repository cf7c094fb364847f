<?php
/*
Plugin Name: Harrier Pages
Description: The tests' own: makes a page as page builders do, all of it through WordPress' own functions, and keeps what it has computed in autoloaded options.
*/

/* A page with a layout and compiled CSS of about so many bytes in its meta; its ID. */
function harrier_pages_make( $layout_bytes, $css_bytes ) {
	$page = wp_insert_post(
		array(
			'post_type'   => 'page',
			'post_status' => 'publish',
			'post_name'   => 'autumn-catalogue',
			'post_title'  => 'Nobody may see this title',
		)
	);
	$text     = str_repeat( 'Oilskin, "harrier" tweed & felt; ', 20 );
	$elements = array();
	for ( $i = 0; $i * 900 < $layout_bytes; $i++ ) {
		$elements[] = array(
			'id'         => sprintf( '%07x', $i ),
			'elType'     => 'widget',
			'widgetType' => 'text-editor',
			'settings'   => array( 'editor' => $text ),
			'elements'   => array(),
		);
	}
	update_post_meta( $page, '_elementor_edit_mode', 'builder' );
	update_post_meta( $page, '_elementor_version', '3.21.2' );
	update_post_meta( $page, '_elementor_data', wp_slash( wp_json_encode( $elements ) ) );
	update_post_meta(
		$page,
		'_elementor_css',
		array(
			'time'   => 1788500000,
			'status' => 'inline',
			'css'    => str_repeat( ".harrier{margin:0 0 24px}\n", (int) ( $css_bytes / 26 ) ),
		)
	);
	return $page;
}

/* What a plugin that computes too much keeps for every request. */
function harrier_pages_remember( $bytes ) {
	update_option( 'elementor_css_print_method', 'internal' );
	update_option( 'harrier_pages_index', array_fill( 0, (int) ( $bytes / 60 ), str_repeat( 'x', 48 ) ), true );
	update_option( 'harrier_pages_archive', str_repeat( 'y', 400000 ), false );
}
