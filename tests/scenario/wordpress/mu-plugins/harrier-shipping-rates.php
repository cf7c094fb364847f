<?php
/*
Plugin Name: Harrier Shipping Rates
Description: The tests' own: a rate table that is looked up in options nobody ever writes, a new name for each parcel.
*/

/* How many rates a request asks for: ?rates=N, else HARRIER_RATES, else 5. */
function harrier_rates_wanted() {
	$wanted = defined( 'HARRIER_RATES' ) ? HARRIER_RATES : 5;
	if ( isset( $_GET['rates'] ) ) {
		$wanted = (int) $_GET['rates'];
	}
	return max( 0, min( 1000, $wanted ) );
}

/* The stored rate of a parcel; false as long as nobody stored one. */
function harrier_rate( $parcel ) {
	return get_option( 'harrier_rate_' . md5( $parcel ) );
}

add_action(
	'init',
	function () {
		$wanted = harrier_rates_wanted();
		for ( $i = 0; $i < $wanted; $i++ ) {
			harrier_rate( uniqid( 'parcel', true ) . $i );
		}
	}
);
