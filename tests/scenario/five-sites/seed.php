<?php
/*
 * seed.php SITE FACTOR - what a WordPress in the folder SITE would have cached, written
 * through the drop-in that is there. FACTOR makes the number of keys of each group
 * another one on each site, so that a key in the wrong place shows in the sums.
 */
[ , $site, $factor ] = $argv;
$k                   = (int) $factor;

require __DIR__ . '/boot.php';

/** The groups that each blog has of its own. */
function seed_blog( $k ) {
	put( 'options', 1, fn() => 'alloptions', array( 'siteurl' => 'https://five.example.test' ) );
	put( 'options', 1, fn() => 'notoptions', array_fill_keys( array_map( fn( $i ) => "absent_$i", range( 1, 50 ) ), true ) );
	put( 'options', $k, fn( $i ) => "setting_$i", 'a plain string' );
	put( 'posts', 10 * $k, fn( $i ) => $i );
	put( 'post_meta', 5 * $k, fn( $i ) => $i, array( '_edit_lock' => array( '1' ) ) );
	put( 'terms', 4 * $k, fn( $i ) => $i );
	put( 'terms', 1, fn() => 'last_changed', '0.12345600 1700000000' );
	put( 'transient', 3 * $k, fn( $i ) => "feed_$i", 'xml', 3600 );
	put( 'post-queries', 6 * $k, fn( $i ) => 'wp_query:' . md5( $i ) . ':0.12345600 1700000000' );
	put( 'category_relationships', 2 * $k, fn( $i ) => $i );
	put( 'genre_relationships', $k, fn( $i ) => $i );
	put( 'acme_reports', $k, fn( $i ) => "weekly-$i" );
	for ( $i = 1; $i <= 3 * $k; $i++ ) {
		put( "product_$i", 1, fn() => "wc_cache_0.65432100 1700000000_type_$i", 'simple' );
	}
}

seed_blog( $k );
if ( is_multisite() ) {
	wp_cache_switch_to_blog( 2 );
	seed_blog( $k );
	wp_cache_switch_to_blog( 1 );
}
put( 'users', $k, fn( $i ) => $i );
put( 'user_meta', 2 * $k, fn( $i ) => $i );
put( 'site-options', 1, fn() => '1:notoptions', array( 'absent' => true ) );
put( 'site-transient', $k, fn( $i ) => "update_$i", array( 'checked' => true ) );
if ( array( 'ID' => $k ) !== wp_cache_get( $k, 'users' ) ) {
	throw new RuntimeException( 'what was stored does not come back' );
}
wp_cache_close();
