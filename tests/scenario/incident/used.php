<?php
/*
 * used.php SOCKET - "SECOND<tab>KEY" of every key in database 1, in key order: when the
 * server last saw the key used, by its own clock, give or take a second. Asking does
 * not itself count as a use.
 */
$redis = new Redis();
$redis->connect( $argv[1] );
$redis->select( 1 );
$redis->setOption( Redis::OPT_SCAN, Redis::SCAN_RETRY );
$keys = array();
for ( $cursor = null; $batch = $redis->scan( $cursor, null, 1000 ); ) {
	array_push( $keys, ...$batch );
}
sort( $keys );
foreach ( array_chunk( $keys, 1000 ) as $chunk ) {
	$redis->multi( Redis::PIPELINE );
	$redis->time();
	foreach ( $chunk as $key ) {
		$redis->object( 'idletime', $key );
	}
	$replies = $redis->exec();
	$now = (int) array_shift( $replies )[0];
	foreach ( $replies as $i => $idle ) {
		echo $now - $idle, "\t{$chunk[ $i ]}\n";
	}
}
