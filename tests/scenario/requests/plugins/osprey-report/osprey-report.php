<?php
/**
 * Plugin Name: Osprey Report
 * Description: The tests' own: "so many bought this", counted for each page over a table that only grows and has no index for it.
 * Version: 0.8.2
 */

function osprey_report_install() {
	global $wpdb;
	$wpdb->query(
		"CREATE TABLE {$wpdb->prefix}osprey_events (
			id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
			kind varchar(20) NOT NULL,
			product int unsigned NOT NULL,
			amount int unsigned NOT NULL
		) ENGINE=InnoDB"
	);
}

function osprey_report_bought( $product ) {
	global $wpdb;
	return (int) $wpdb->get_var(
		$wpdb->prepare(
			"SELECT SUM(amount) FROM {$wpdb->prefix}osprey_events WHERE kind = 'bought' AND product = %d",
			$product
		)
	);
}

register_activation_hook( __FILE__, 'osprey_report_install' );
add_action(
	'wp',
	function () {
		osprey_report_bought( mt_rand( 1, 300 ) );
	}
);
