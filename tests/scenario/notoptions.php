<?php
/*
 * notoptions.php SOCKET DATABASE NAMES - a small healthy site with the redis-cache
 * drop-in, prefix "wp:", whose notoptions holds that many names.
 */
[ , $socket, $database, $names ] = $argv;
$redis = new Redis();
$redis->connect( $socket );
$redis->select( (int) $database );
$value = array();
for ( $i = 0; $i < (int) $names; $i++ ) {
	$value[ 'quayside_slot_' . $i ] = true;
}
$redis->set( 'wp:options:notoptions', serialize( $value ) );
$redis->set( 'wp:options:alloptions', serialize( array( 'siteurl' => 'https://shop.example.test' ) ) );
$redis->set( 'wp:posts:last_changed', '0.64035600 1795464061' );
for ( $i = 1; $i <= 40; $i++ ) {
	$redis->setex( "wp:posts:$i", 86400, serialize( (object) array( 'ID' => $i, 'post_title' => "Post $i" ) ) );
	$redis->setex( "wp:post_meta:$i", 86400, serialize( array( '_edit_lock' => array( '1795461112:3' ) ) ) );
}
