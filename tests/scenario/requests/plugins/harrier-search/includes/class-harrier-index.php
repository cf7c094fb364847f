<?php

class Harrier_Index {
	public static function install() {
		global $wpdb;
		$wpdb->query(
			"CREATE TABLE {$wpdb->prefix}harrier_index (
				name varchar(64) NOT NULL PRIMARY KEY,
				generation bigint unsigned NOT NULL
			) ENGINE=InnoDB"
		);
		$wpdb->insert(
			$wpdb->prefix . 'harrier_index',
			array(
				'name'       => 'products',
				'generation' => 0,
			)
		);
	}

	/** One rebuild at a time: whoever holds the row. */
	public static function rebuild() {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		$wpdb->query(
			"UPDATE {$wpdb->prefix}harrier_index SET generation = generation + 1 WHERE name = 'products'"
		);
		self::push();
		$wpdb->query( 'COMMIT' );
	}

	/**
	 * The search engine's answer is waited for while the row is held:
	 * HARRIER_SEARCH_HOLD_MS, a fifth more or less.
	 */
	private static function push() {
		$hold_us = 1000 * HARRIER_SEARCH_HOLD_MS;
		usleep( mt_rand( (int) ( 0.8 * $hold_us ), (int) ( 1.2 * $hold_us ) ) );
	}
}
