<?php
/**
 * Plugin Name: Harrier Search
 * Description: The tests' own: keeps a search index fresh by rebuilding it with every page, under the lock of one row.
 * Version: 1.9.0
 */

require_once __DIR__ . '/includes/class-harrier-index.php';

register_activation_hook( __FILE__, array( 'Harrier_Index', 'install' ) );
add_action( 'template_redirect', array( 'Harrier_Index', 'rebuild' ) );
