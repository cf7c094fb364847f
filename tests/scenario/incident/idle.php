<?php
/*
 * idle.php SOCKET - "IDLE_SECONDS<tab>KEY" of every key in database 1, in key order.
 * OBJECT IDLETIME does not itself count as a use.
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
	foreach ( $chunk as $key ) {
		$redis->object( 'idletime', $key );
	}
	foreach ( $redis->exec() as $i => $idle ) {
		echo "$idle\t{$chunk[ $i ]}\n";
	}
}
