<?php
/**
 * Plugin Name: Merlin Lookbook
 * Description: The tests' own: computes a page that is honest work, the same for every visitor: processor time and nothing else.
 * Version: 3.0.0
 */

/** MERLIN_ROUNDS rounds of hashing. */
function merlin_lookbook_compose() {
	$page = 'lookbook';
	for ( $i = 0; $i < MERLIN_ROUNDS; $i++ ) {
		$page = hash( 'sha256', $page );
	}
	return $page;
}

add_action(
	'wp',
	function () {
		merlin_lookbook_compose();
	}
);
