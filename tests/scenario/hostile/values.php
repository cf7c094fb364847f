<?php
/*
 * values.php SOCKET - values that lie, one database each: 1 an array of 2^31 entries
 * in 300 KB, 2 a million arrays within each other, 3 an array cut in the middle, 4 a
 * string longer than its value, 5 notoptions as a list and not as a string.
 */
$redis = new Redis();
$redis->connect( $argv[1] );
$values = array(
	1 => 'a:2147483648:{' . str_repeat( 's:4:"name";b:1;', 20000 ) . '}',
	2 => str_repeat( 'a:1:{i:0;', 1000000 ) . 'b:1;' . str_repeat( '}', 1000000 ),
	3 => substr( serialize( array_fill_keys( range( 1, 40000 ), true ) ), 0, 300001 ),
	4 => 'a:6000:{s:999999999:"' . str_repeat( 'x', 300000 ),
);
foreach ( $values as $database => $value ) {
	$redis->select( $database );
	$redis->set( 'wp:options:notoptions', $value );
	$redis->set( 'wp:options:alloptions', $value );
	$redis->set( 'wp:posts:1', 'b:1;' );
}
$redis->select( 5 );
$redis->rPush( 'wp:options:notoptions', 'one', 'two' );
$redis->set( 'wp:options:alloptions', 'a:0:{}' );
