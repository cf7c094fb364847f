<?php
/*
 * stock.php DOCROOT PLUGIN... - what a shop has after its installation: products (posts,
 * at /product/NAME/), a cart, and these plugins, activated.
 */
[ , $docroot ]              = $argv;
$_SERVER['HTTP_HOST']       = 'shop.example.test';
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require $docroot . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/plugin.php';
require ABSPATH . 'wp-admin/includes/misc.php';

$wp_rewrite->set_permalink_structure( '/product/%postname%/' );
for ( $i = 1; $i <= 20; $i++ ) {
	wp_insert_post(
		array(
			'post_title'   => "Oilskin $i",
			'post_name'    => "oilskin-$i",
			'post_status'  => 'publish',
			'post_content' => str_repeat( 'Waxed cotton, brass, and a hood. ', 40 ),
		)
	);
}
wp_insert_post(
	array(
		'post_type'   => 'page',
		'post_title'  => 'Cart',
		'post_name'   => 'cart',
		'post_status' => 'publish',
	)
);
flush_rewrite_rules();
foreach ( array_slice( $argv, 2 ) as $plugin ) {
	$result = activate_plugin( "$plugin/$plugin.php" );
	if ( is_wp_error( $result ) ) {
		fwrite( STDERR, "$plugin: " . $result->get_error_message() . "\n" );
		exit( 1 );
	}
}
