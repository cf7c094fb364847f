<?php
/*
 * install.php DOCROOT - WordPress' own installation, without a browser: tables, an
 * administrator, the first posts.
 */
[ , $docroot ]            = $argv;
$_SERVER['HTTP_HOST']     = 'shop.example.test';
$_SERVER['REQUEST_URI']   = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define( 'WP_INSTALLING', true );

/** Nobody is to get a mail from a test. */
function wp_new_blog_notification() {}

/** Nor is anybody to be called: WordPress would try its own address. */
$wp_filter = array(
	'pre_http_request' => array(
		10 => array(
			array(
				'function'      => fn() => new WP_Error( 'http_request_failed', 'not from a test' ),
				'accepted_args' => 0,
			),
		),
	),
);

require $docroot . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
$result = wp_install( 'Harrier Outfitters', 'keeper', 'keeper@example.test', true, '', 'not-a-secret' );
if ( is_wp_error( $result ) || ! get_option( 'siteurl' ) ) {
	fwrite( STDERR, "the installation failed\n" );
	exit( 1 );
}
