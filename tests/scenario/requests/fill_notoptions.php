<?php
/*
 * fill_notoptions.php SOCKET DATABASE KEY BYTES - a notoptions of at least that many
 * bytes: the names that Dunlin Badges asks for. Prints how many.
 */
[ , $socket, $database, $key, $bytes ] = $argv;
ini_set( 'memory_limit', '-1' );
$value = array();
$size  = 0;
for ( $i = 1; $size < (int) $bytes; $i++ ) {
	$name           = 'dunlin_badge_' . $i;
	$value[ $name ] = true;
	$size          += strlen( serialize( $name ) ) + 4;
}
$redis = new Redis();
$redis->connect( $socket );
$redis->select( (int) $database );
if ( ! $redis->set( $key, serialize( $value ) ) ) {
	fwrite( STDERR, "the server refused the value\n" );
	exit( 1 );
}
echo count( $value ), "\n";
