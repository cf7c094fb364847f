<?php
/*
 * boot.php - the least of a WordPress around the drop-in of the site in $site, as far as
 * an object cache needs it.
 */
$_SERVER['HTTP_HOST'] = 'five.example.test';
define( 'ABSPATH', "$site/" );
require "$site/wp-config.php";
defined( 'WP_CONTENT_DIR' ) || define( 'WP_CONTENT_DIR', "$site/wp-content" );

function is_multisite() {
	return defined( 'MULTISITE' ) && MULTISITE;
}

function get_current_blog_id() {
	return 1;
}

require WP_CONTENT_DIR . '/object-cache.php';
wp_cache_init();
wp_cache_add_global_groups( array( 'users', 'user_meta', 'useremail', 'site-options', 'site-transient', 'blog-details', 'network-queries' ) );
if ( function_exists( 'wp_cache_add_redis_hash_groups' ) ) {
	wp_cache_add_redis_hash_groups( array( 'terms', 'transient' ) );
}

function put( $group, $count, callable $key, $value = null, $expire = 0 ) {
	for ( $i = 1; $i <= $count; $i++ ) {
		if ( ! wp_cache_set( $key( $i ), $value ?? array( 'ID' => $i ), $group, $expire ) ) {
			throw new RuntimeException( "cannot store in $group" );
		}
	}
}
