<?php
/**
 * Plugin Name: Kestrel Currency
 * Description: The tests' own: shows prices in the visitor's currency, and computes every price of the catalogue anew for each page, one query a price.
 * Version: 2.4.1
 */

require_once __DIR__ . '/includes/class-kestrel-prices.php';

register_activation_hook( __FILE__, array( 'Kestrel_Prices', 'install' ) );
add_action( 'wp', array( 'Kestrel_Prices', 'recalculate' ) );
