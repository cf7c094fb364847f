<?php
/*
 * press.php SITE FACTOR - visitors: entries that expire, more than a small Redis has room
 * for, and look-ups of what is not there.
 */
[ , $site ] = $argv;

require __DIR__ . '/boot.php';

for ( $i = 0; $i < 300; $i++ ) {
	put( 'useremail', 1, fn() => "visitor-$i", str_repeat( md5( (string) $i ), 300 ), 86400 );
}
for ( $i = 0; $i < 3000; $i++ ) {
	wp_cache_get( "nobody-$i", 'users' );
}
