<?php
/**
 * Plugin Name: Kestrel Pricing
 * Version: 2.4.1
 */
require __DIR__ . '/includes/class-tariff.php';
