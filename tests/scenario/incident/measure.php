<?php
/*
 * measure.php SOCKET KEY SCRATCH_SOCKET - what PHP itself needs for the value of KEY
 * in database 1: "READ_PEAK REWRITE_PEAK" in bytes. The rewrite is what WordPress
 * does for one more missing option: decode, copy on write, encode, SET (to another
 * server).
 */
ini_set( 'memory_limit', '-1' );
[ , $socket, $key, $scratch_socket ] = $argv;
$redis = new Redis();
$redis->connect( $socket );
$redis->select( 1 );
$scratch = new Redis();
$scratch->connect( $scratch_socket );
$redis->ping();
$scratch->set( 'warm', 'up' );

$before = memory_get_usage();
$raw    = $redis->get( $key );
memory_reset_peak_usage();
$cached = unserialize( $raw );
$read   = memory_get_peak_usage() - $before;
unset( $raw );

memory_reset_peak_usage();
$changed                     = $cached;
$changed['one_more_missing'] = true;
$scratch->set( $key, serialize( $changed ) );
$rewrite = memory_get_peak_usage() - $before;
echo "$read $rewrite\n";
