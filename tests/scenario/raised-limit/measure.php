<?php
/*
 * measure.php REDIS_SOCKET DATABASE KEY - the memory that PHP takes, at its worst
 * moment, to fetch and unserialize the entry, in bytes.
 */
[ , $socket, $database, $key ] = $argv;
$redis = new Redis();
$redis->connect( $socket );
$redis->select( (int) $database );
$redis->get( 'nothing' );
unserialize( 'a:0:{}' );
$before = memory_get_usage();
$raw    = $redis->get( $key );
memory_reset_peak_usage();
$value = unserialize( $raw );
echo memory_get_peak_usage() - $before, "\n";
