<?php
/*
 * seed.php MYSQL_SOCKET REDIS_SOCKET - the raised limit: a shop of 60 pages made with
 * Elementor, one of which carries a layout of 1,800,000 bytes and compiled CSS of
 * 2,400,000, in MySQL and, as the redis-cache drop-in writes it, in Redis.
 *
 * Prints "ENTRY_BYTES ROW_BYTES" of that page.
 */
const PAGE         = 812;
const LAYOUT_BYTES = 1800000;
const CSS_BYTES    = 2400000;
const PREFIX       = 'atelier_at:';

[ , $mysql_socket, $redis_socket ] = $argv;
mt_srand( 20260904 );

function id(): string {
	return sprintf( '%07x', mt_rand( 0, 0xfffffff ) );
}

function text( int $words ): string {
	static $all = array( 'linen', 'oak', 'hand-finished', 'the', 'of', 'our', 'workshop', 'a', 'season', 'glaze', 'and', 'light' );
	$out = array();
	for ( $i = 0; $i < $words; $i++ ) {
		$out[] = $all[ mt_rand( 0, count( $all ) - 1 ) ];
	}
	return implode( ' ', $out );
}

function widget( int $words ): array {
	return array(
		'id'         => id(),
		'elType'     => 'widget',
		'widgetType' => 'text-editor',
		'settings'   => array(
			'editor'                => '<p>' . text( $words ) . '</p>',
			'text_color'            => sprintf( '#%06X', mt_rand( 0, 0xffffff ) ),
			'typography_typography' => 'custom',
			'typography_font_size'  => array( 'unit' => 'px', 'size' => mt_rand( 12, 40 ), 'sizes' => array() ),
			'_margin'               => array( 'unit' => 'px', 'top' => '0', 'right' => '0', 'bottom' => '24', 'left' => '0', 'isLinked' => false ),
		),
		'elements'   => array(),
	);
}

function section( int $widgets, int $words ): array {
	return array(
		'id'       => id(),
		'elType'   => 'section',
		'settings' => array( 'background_background' => 'classic', 'padding' => array( 'unit' => 'px', 'top' => '80', 'bottom' => '80' ) ),
		'elements' => array(
			array(
				'id'       => id(),
				'elType'   => 'column',
				'settings' => array( '_column_size' => 100 ),
				'elements' => array_map( fn() => widget( $words ), range( 1, $widgets ) ),
				'isInner'  => false,
			),
		),
		'isInner'  => false,
	);
}

/** A layout of exactly BYTES, or of a few sections when there is no such wish. */
function layout( int $bytes = 0 ): string {
	$sections = array( section( 3, 20 ) );
	while ( $bytes && strlen( json_encode( $sections ) ) < $bytes - 100000 ) {
		for ( $i = 0; $i < 8; $i++ ) {
			$sections[] = section( 12, 30 );
		}
	}
	$left = $bytes - strlen( json_encode( $sections ) );
	if ( $bytes ) {
		$sections[0]['elements'][0]['elements'][0]['settings']['editor'] .= str_repeat( 'x', $left );
	}
	return json_encode( $sections );
}

/** As Elementor keeps it when CSS is printed into the page. */
function css( int $bytes ): string {
	$value = array(
		'time'                 => 1788500000,
		'fonts'                => array( 'Lora', 'Work Sans' ),
		'icons'                => array(),
		'dynamic_elements_ids' => array(),
		'status'               => 'inline',
		0                      => '',
		'css'                  => '',
	);
	$left  = $bytes - strlen( serialize( $value ) );
	$left -= strlen( (string) $left ) - 1; // the digits of its length
	$rule  = ".elementor-%d .elementor-element.elementor-element-%s{--margin-block-start:24px;}\n";
	$css   = '';
	while ( strlen( $css ) < $left ) {
		$css .= sprintf( $rule, PAGE, id() );
	}
	$value['css'] = substr( $css, 0, $left );
	return serialize( $value );
}

mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
$db = new mysqli( null, 'root', '', 'atelier', 0, $mysql_socket );
$db->set_charset( 'utf8mb4' );
$redis = new Redis();
$redis->connect( $redis_socket );
$redis->select( 2 );

$post = $db->prepare( 'INSERT INTO at_posts (ID, post_type, post_status, post_name, post_parent, post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered) VALUES (?, ?, ?, ?, ?, "A title nobody may see", "", "", "", "", "")' );
$meta = $db->prepare( 'INSERT INTO at_postmeta (post_id, meta_key, meta_value) VALUES (?, ?, ?)' );
$db->begin_transaction();
for ( $id = 800; $id < 860; $id++ ) {
	$type   = 'page';
	$status = 'publish';
	$name   = PAGE === $id ? 'spring-lookbook' : "page-$id";
	$parent = PAGE === $id ? 801 : 0;
	$post->bind_param( 'isssi', $id, $type, $status, $name, $parent );
	$post->execute();
	$metas = array(
		'_edit_last'               => '1',
		'_wp_page_template'        => 'elementor_header_footer',
		'_elementor_edit_mode'     => 'builder',
		'_elementor_template_type' => 'wp-page',
		'_elementor_version'       => '3.21.2',
		'_elementor_data'          => layout( PAGE === $id ? LAYOUT_BYTES : 0 ),
		'_elementor_css'           => css( PAGE === $id ? CSS_BYTES : 4000 ),
	);
	foreach ( $metas as $key => $value ) {
		$meta->bind_param( 'iss', $id, $key, $value );
		$meta->execute();
	}
	$entry = serialize( array_map( fn( $value ) => array( $value ), $metas ) );
	$redis->set( PREFIX . "post_meta:$id", $entry );
	if ( PAGE === $id ) {
		if ( LAYOUT_BYTES !== strlen( $metas['_elementor_data'] ) || CSS_BYTES !== strlen( $metas['_elementor_css'] ) ) {
			throw new LogicException( strlen( $metas['_elementor_data'] ) . ' ' . strlen( $metas['_elementor_css'] ) );
		}
		$sizes = strlen( $entry ) . ' ' . array_sum( array_map( 'strlen', $metas ) );
	}
}
$option = $db->prepare( 'INSERT INTO at_options (option_name, option_value, autoload) VALUES (?, ?, "yes")' );
foreach ( array(
	'siteurl'                    => 'https://atelier.example.test',
	'blogname'                   => 'Atelier',
	'elementor_css_print_method' => 'internal',
	'active_plugins'             => serialize( array( 'elementor/elementor.php' ) ),
) as $name => $value ) {
	$option->bind_param( 'ss', $name, $value );
	$option->execute();
	$all[ $name ] = $value;
}
$db->commit();
$redis->set( PREFIX . 'options:alloptions', serialize( $all ) );
$redis->set( PREFIX . 'options:notoptions', serialize( array( 'an_option_nobody_has' => true ) ) );
$redis->set( PREFIX . 'posts:last_changed', '0.51200000 1788500000' );
echo $sizes, "\n";
