<?php
/**
 * Plugin Name: Harbour Facets
 * Version: 5.0.2
 */
function harbour_facets_terms( int $term_id ) {
	return get_option( 'harbour_facet_terms_' . $term_id, array() );
}
