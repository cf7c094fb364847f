<?php
function quayside_banner( int $category ) {
	return get_option( 'category_' . $category . '_banner' );
}
