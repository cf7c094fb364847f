<?php
/** The name of the database */
define( 'DB_NAME', 'shop' );
define( 'DB_PASSWORD', 'it\'s $ecret' );
define('DB_HOST', "localhost:/run/my.sock");
$table_prefix = 'wp_';
define('WP_CACHE_KEY_SALT', "q7:" . 'prod_kx:');
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
