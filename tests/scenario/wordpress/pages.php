<?php
/*
 * pages.php DOCROOT - has the site's plugin make its page and its options. Prints
 * "POST_ID".
 */
[ , $docroot ]              = $argv;
$_SERVER['HTTP_HOST']       = 'shop.example.test';
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define( 'HARRIER_RATES', 0 );
require $docroot . '/wp-load.php';
harrier_pages_remember( 4000000 );
echo harrier_pages_make( 1500000, 1200000 ), "\n";
