<?php
/*
 * names.php SOCKET - keys and option names that nobody should have to print, in
 * database 0: newlines, terminal escapes, NUL, bytes that are not UTF-8, 64 KB, people.
 */
$redis = new Redis();
$redis->connect( $argv[1] );
$hostile = array(
	"line\nbreak",
	"\x1b[2J\x1b]0;owned\x07clear",
	"carriage\rreturn",
	"nul\0inside",
	"not\xff\xfeutf8",
	"overlong\xc0\xaf",
	"right\u{202e}left",
	"zero\u{200b}width",
	"c1\u{9b}31mred",
	'quote"and\'and`and$(reboot)',
	'<script>alert(1)</script>',
	'{"json":"inside"}',
	"| performance=1;2;3",
	'useremail:victim@example.test',
	'a person <other.victim@example.test>',
	str_repeat( 'long', 16384 ),
	'',
);
$names = array();
foreach ( $hostile as $i => $name ) {
	// Big enough to be listed, not alike enough to be one group.
	$redis->set( "wp:post_meta:$name", serialize( array( $name => str_repeat( 'x', 600000 + $i ) ) ) );
	$redis->set( "wp:$name:1", serialize( str_repeat( 'y', 300 + $i ) ) );
	for ( $n = 0; $n < ( strlen( $name ) > 1000 ? 4 : 400 ); $n++ ) {
		$names[ "{$name}_$n" ] = true;
	}
}
// 16 * 400 + 4 + 17 names in all.
$names += array_fill_keys( $hostile, true );
$redis->set( 'wp:options:notoptions', serialize( $names ) );
$redis->set( 'wp:options:alloptions', serialize( array_fill_keys( $hostile, 'value' ) ) );
