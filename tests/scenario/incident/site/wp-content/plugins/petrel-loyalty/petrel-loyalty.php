<?php
/**
 * Plugin Name: Petrel Loyalty
 * Version: 0.9.7
 */
function petrel_stamps( WP_User $buyer ): int {
	return (int) get_option( 'petrel_stamps_' . $buyer->user_email, 0 );
}
