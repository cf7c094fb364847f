<?php
class Kestrel_Tariff {
	// A tariff for one basket in one zone.
	public static function find( array $basket, string $zone ) {
		return get_option( 'kestrel_tariff_v2_' . md5( $zone . serialize( $basket ) ) );
	}
}
