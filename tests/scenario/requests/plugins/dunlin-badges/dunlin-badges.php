<?php
/**
 * Plugin Name: Dunlin Badges
 * Description: The tests' own: asks for a badge of each visitor in options that nobody ever writes.
 * Version: 1.1.0
 */

/** The badge of a visitor; false as long as nobody has given one. */
function dunlin_badge( $visitor ) {
	return get_option( 'dunlin_badge_' . $visitor );
}

add_action(
	'init',
	function () {
		dunlin_badge( mt_rand( 1, 900000 ) );
	}
);
