<?php
/*
 * churn.php SITE FLAG - stores the same large transient of the site in the folder SITE
 * again and again, as long as the file FLAG is there.
 */
[ , $site, $flag ] = $argv;

require __DIR__ . '/boot.php';
mt_srand( 21 );

$value = '';
while ( strlen( $value ) < 90000 ) {
	$value .= md5( (string) mt_rand() );
}
while ( file_exists( $flag ) ) {
	put( 'transient', 1, fn() => 'acme_state', $value, 3600 );
	clearstatcache();
	usleep( 20000 );
}
