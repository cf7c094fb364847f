<?php
/*
 * ail.php SITE - gives the site in the folder SITE what is wrong with it, through its
 * drop-in where that can do it, past it where the fault is that something did.
 * five-sites/findings.py knows what must be found.
 */
[ , $site ] = $argv;

require __DIR__ . '/boot.php';
mt_srand( 20 );

/** Text of that length which no compression shrinks by more than half. */
function noise( $length ) {
	$text = '';
	while ( strlen( $text ) < $length ) {
		$text .= md5( (string) mt_rand() );
	}
	return substr( $text, 0, $length );
}

function absent( $count ) {
	return array_fill_keys( array_map( fn( $i ) => sprintf( 'heron_rate_%08x_checked', $i * 2654435761 % 4294967296 ), range( 1, $count ) ), true );
}

/** The site's Redis without the drop-in. */
function past_the_drop_in( array $address ) {
	$redis = new Redis();
	$redis->connect( $address[0] );
	$redis->auth( $address[1] );
	$redis->select( 2 );
	return $redis;
}

/** WP-Cron has trimmed nothing for five hours, while requests came. */
function stand_still( Redis $redis ) {
	for ( $i = 0; $i < 300; $i++ ) {
		$redis->zAdd( $GLOBALS['wp_object_cache']->build_key( 'metrics', 'redis-cache' ), time() - 5 * 3600 + 60 * $i, "measurement $i" );
	}
}

function ail_shop() {
	global $wp_object_cache;
	$redis = past_the_drop_in( array( WP_REDIS_PATH, WP_REDIS_PASSWORD ) );

	put( 'options', 1, fn() => 'notoptions', absent( 6000 ) );
	// A serializer that is set, but not there: PHP makes a word of each array.
	$redis->set( $wp_object_cache->build_key( 'alloptions', 'options' ), @(string) array( 'siteurl' => 'x' ) );
	// Cut off on its way.
	$redis->set( $wp_object_cache->build_key( 'yearly', 'acme_reports' ), substr( serialize( array( 'rows' => noise( 200000 ) ) ), 0, 150000 ) );
	stand_still( $redis );
}

function ail_net() {
	put( 'site-options', 1, fn() => '1:notoptions', absent( 7000 ) );
	for ( $i = 1; $i <= 4; $i++ ) {
		put( 'site-transient', 1, fn() => 'feed_' . md5( $i ), noise( 250000 ), 43200 );
	}
	stand_still( past_the_drop_in( array( WP_REDIS_PATH, WP_REDIS_PASSWORD ) ) );
	wp_cache_switch_to_blog( 2 );
	put( 'options', 1, fn() => 'alloptions', array( 'heron_log' => noise( 900000 ) ) );
	for ( $i = 1; $i <= 1100; $i++ ) {
		put( 'transient', 1, fn() => 'heron_quote_' . md5( $i ), 'a quote' );
	}
}

function ail_blog() {
	// Every change of a post left these behind.
	put( 'posts', 1, fn() => 'last_changed', '0.50000000 1700009000' );
	put( 'terms', 1, fn() => 'last_changed', '0.50000000 1700009000' );
	for ( $i = 1; $i <= 2500; $i++ ) {
		put( 'post-queries', 1, fn() => 'wp_query:' . md5( $i ) . sprintf( ':0.%08d 17000000%02d', $i, $i % 100 ), array( 1, 2, 3 ) );
	}
	// This drop-in stores what must not be stored.
	put( 'counts', 3, fn( $i ) => "posts-type_$i", array( 'publish' => 7 ) );
	put( 'post_meta', 1, fn() => 4711, array( '_builder' => array( noise( 400000 ) ) ) );
	// PHP on the command line has another serializer than the web server's.
	$redis = past_the_drop_in( array( $GLOBALS['redis_server']['host'], $GLOBALS['redis_server']['auth'] ) );
	$redis->set( WP_CACHE_KEY_SALT . 'options:alloptions', igbinary_serialize( array( 'siteurl' => 'https://five.example.test' ) ) );
}

function ail_mag() {
	put( 'options', 1, fn() => 'notoptions', absent( 8000 ) );
	put( 'transient', 1, fn() => 'acme_export', noise( 700000 ), 3600 );
}

function ail_lite() {
	$rows = array();
	for ( $i = 0; $i < 60000; $i++ ) {
		$rows[] = array( 'x' => noise( 8 ) );
	}
	put( 'post_meta', 1, fn() => 815, array( '_builder' => $rows ) );
	for ( $i = 1; $i <= 38; $i++ ) {
		put( 'transient', 1, fn() => 'feed_' . md5( "lite $i" ), noise( $i < 3 ? 1200000 : 600000 ), 43200 );
	}
	for ( $i = 1; $i <= 1200; $i++ ) {
		put( 'site-transient', 1, fn() => 'acme_' . md5( "lite $i" ), 'for ever' );
	}
}

( 'ail_' . basename( $site ) )();
