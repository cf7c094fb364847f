<?php
/**
 * Plugin Name: Lumen SEO
 * Version: 1.18
 */
function lumen_seo_crawl( DateTimeInterface $day ) {
	return get_option( "lumen_seo_crawl_{$day->format( 'Y-m-d' )}" );
}
