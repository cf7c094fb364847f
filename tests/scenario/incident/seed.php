<?php
/*
 * seed.php SOCKET - the incident, written by real PHP: what a WordPress shop with
 * the redis-cache drop-in would have left in database 1 of the Redis at SOCKET.
 */
const KEYS = 77726;
const KEY_BYTES = 8083517;
const NAMES = 65768;
const NOTOPTIONS_BYTES = 3971911;
const PREFIX = 'q7:prod_kx:';

mt_srand( 20260711 );

function hex( int $digits ): string {
	$out = '';
	while ( strlen( $out ) < $digits ) {
		$out .= sprintf( '%08x', mt_rand( 0, 0xffffffff ) );
	}
	return substr( $out, 0, $digits );
}

function stamp(): string {
	return sprintf( '0.%06d00 %d', mt_rand( 0, 999999 ), mt_rand( 1794600000, 1795464061 ) );
}

/** Five families beside the plugin's own, and one name that fills up the length. */
function notoptions(): array {
	$names = array();
	for ( $i = 0; $i < 61164; $i++ ) {
		$names[] = 'kestrel_tariff_v2_' . hex( 32 );
	}
	for ( $i = 0; $i < 1790; $i++ ) {
		$names[] = 'harbour_facet_terms_' . ( 20000 + 3 * $i );
	}
	for ( $i = 0; $i < 1286; $i++ ) {
		$names[] = 'category_' . ( 2000 + $i ) . '_banner';
	}
	for ( $i = 0; $i < 730; $i++ ) {
		$names[] = 'lumen_seo_crawl_' . gmdate( 'Y-m-d', 1700000000 + 86400 * $i );
	}
	for ( $i = 0; $i < 320; $i++ ) {
		$names[] = "petrel_stamps_buyer$i@example.test";
	}
	for ( $i = count( $names ); $i < NAMES - 1; $i++ ) {
		$names[] = sprintf( 'pelican_quote_%s-%s-4%s-a%s-%s', hex( 8 ), hex( 4 ), hex( 3 ), hex( 3 ), hex( 12 ) );
	}
	shuffle( $names );
	$value = array_fill_keys( $names, true );
	$left  = NOTOPTIONS_BYTES - strlen( serialize( $value ) ) - strlen( 's:99:"";b:1;' );
	if ( count( $value ) !== NAMES - 1 || $left < 10 || $left > 190 ) {
		throw new LogicException( "the last name would have $left bytes" );
	}
	$value[ str_pad( 'site_notice_', $left - ( $left > 99 ? 1 : 0 ), 'of_the_day_' ) ] = true;
	return $value;
}

function alloptions(): array {
	$value = array( 'siteurl' => 'https://shop.example.test', 'rewrite_rules' => str_repeat( 'x', 40000 ) );
	for ( $i = 0; $i < 600; $i++ ) {
		$value[ "quayside_setting_$i" ] = str_repeat( 'y', mt_rand( 40, 360 ) );
	}
	return $value;
}

function builder_meta( int $bytes ): array {
	$widgets = array();
	for ( $size = 0; $size < $bytes; $size += 400 ) {
		$widgets[] = array( 'id' => hex( 7 ), 'elType' => 'widget', 'settings' => array( 'css' => str_repeat( 'z', 320 ) ) );
	}
	return array( '_elementor_data' => array( json_encode( $widgets ) ), '_edit_lock' => array( '1795461112:3' ) );
}

function feed(): array {
	$items = array();
	for ( $i = 0; $i < 50; $i++ ) {
		$items[] = array( 'title' => "Item $i", 'description' => str_repeat( 'news ', 2000 ) );
	}
	return array( 'title' => 'Feed', 'items' => $items );
}

class Seeder {
	public int $keys = 0;
	public int $key_bytes = 0;
	private Redis $redis;
	private int $pending = 0;

	public function __construct( string $socket ) {
		$this->redis = new Redis();
		$this->redis->connect( $socket );
		$this->redis->select( 1 );
		$this->redis->multi( Redis::PIPELINE );
	}

	public function put( string $name, mixed $value, int $ttl = 0 ): void {
		$key = PREFIX . $name;
		$raw = is_array( $value ) || is_object( $value ) ? serialize( $value ) : (string) $value;
		if ( $ttl ) {
			$this->redis->setex( $key, $ttl, $raw );
		} else {
			$this->redis->set( $key, $raw );
		}
		$this->counted( $key );
	}

	public function metrics( int $members ): void {
		$key = PREFIX . 'redis-cache:metrics';
		for ( $i = 0; $i < $members; $i++ ) {
			$when = 1795460000 + $i;
			$this->redis->zAdd( $key, $when, 'id=' . hex( 13 ) . ";hits=512;misses=4;ratio=99.2;timestamp=$when" );
		}
		$this->counted( $key );
	}

	public function flush(): void {
		foreach ( $this->redis->exec() as $reply ) {
			if ( false === $reply ) {
				throw new RuntimeException( 'Redis refused a write' );
			}
		}
		$this->redis->multi( Redis::PIPELINE );
		$this->pending = 0;
	}

	private function counted( string $key ): void {
		$this->keys++;
		$this->key_bytes += strlen( $key );
		if ( ++$this->pending === 1000 ) {
			$this->flush();
		}
	}
}

$seeder = new Seeder( $argv[1] );
$seeder->put( 'options:notoptions', notoptions() );
$seeder->put( 'options:alloptions', alloptions() );
$seeder->put( 'posts:last_changed', '0.64035600 1795464061' );
$seeder->put( 'terms:last_changed', '0.64035600 1795464061' );
$seeder->metrics( 2471 );
for ( $i = 0; $i < 3; $i++ ) {
	$seeder->put( 'site-transient:feed_' . hex( 32 ), feed(), 43200 );
}
for ( $i = 0; $i < 30; $i++ ) {
	$seeder->put( 'post_meta:' . ( 100 + $i ), builder_meta( mt_rand( 100000, 200000 ) ) );
}
for ( $i = 0; $i < 2000; $i++ ) {
	$id = 1000 + $i;
	$seeder->put( "posts:$id", (object) array( 'ID' => $id, 'post_title' => "Post $id", 'post_content' => str_repeat( 'p', mt_rand( 100, 1200 ) ) ) );
	$seeder->put( "post_meta:$id", array( '_sku' => array( "S$id" ), '_price' => array( '39.00' ) ) );
	$seeder->put( "product_cat_relationships:$id", array( 3, 7 ) );
	$seeder->put( "post_tag_relationships:$id", array() );
	$seeder->put( "useremail:buyer$id@example.test", $id );
	$seeder->put( "terms:$id", (object) array( 'term_id' => $id, 'name' => "Term $id" ) );
}
for ( $i = 0; $i < 150; $i++ ) {
	$seeder->put( "transient:wc_var_prices_$i", array( 'price' => array( $i ) ), 86400 * 30 );
}
while ( $seeder->keys < KEYS - 25000 ) {
	$seeder->put( 'posts:wp_query-' . hex( 32 ) . '-' . stamp(), array( 'posts' => array( 1, 2 ), 'found_posts' => 2 ) );
}
while ( $seeder->keys < KEYS ) {
	$mean = intdiv( KEY_BYTES - $seeder->key_bytes, KEYS - $seeder->keys );
	$name = 'harbour-facets:counts-' . hex( 32 ) . '-' . stamp() . '-';
	$seeder->put( str_pad( $name, $mean - strlen( PREFIX ), 'colour.slate_size.42_' ), array( 'total' => 4 ) );
}
$seeder->flush();
if ( KEYS !== $seeder->keys || KEY_BYTES !== $seeder->key_bytes ) {
	throw new LogicException( "$seeder->keys keys, $seeder->key_bytes bytes" );
}
