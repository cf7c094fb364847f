<?php

class Kestrel_Prices {
	const PRODUCTS = 300;

	public static $prices = array();

	public static function install() {
		global $wpdb;
		$wpdb->query(
			"CREATE TABLE {$wpdb->prefix}kestrel_prices (
				product_id int unsigned NOT NULL PRIMARY KEY,
				amount decimal(12,4) NOT NULL,
				rate decimal(12,6) NOT NULL
			) ENGINE=InnoDB"
		);
		for ( $id = 1; $id <= self::PRODUCTS; $id++ ) {
			$wpdb->insert(
				$wpdb->prefix . 'kestrel_prices',
				array(
					'product_id' => $id,
					'amount'     => 5 + $id / 4,
					'rate'       => 1.0837,
				)
			);
		}
	}

	/** Where one query would do. */
	public static function recalculate() {
		for ( $id = 1; $id <= self::PRODUCTS; $id++ ) {
			self::$prices[ $id ] = self::price( $id );
		}
	}

	private static function price( $id ) {
		global $wpdb;
		return (float) $wpdb->get_var(
			$wpdb->prepare(
				"SELECT amount * rate FROM {$wpdb->prefix}kestrel_prices WHERE product_id = %d",
				$id
			)
		);
	}
}
