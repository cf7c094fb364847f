<?php
/**
 * WP Redis
 *
 * The tests' own, never packaged: written from the key grammar of wp-redis. That one
 * needs to be symlinked or copied to wp-content/object-cache.php.
 */

/*
 * Keys: {WP_CACHE_KEY_SALT}{prefix}{group}:{key} without whitespace. The prefix is
 * "{blog}:" on a network and nothing for its global groups; on a single site nothing,
 * and the table prefix for global groups. Integers are stored as they are, anything
 * else by serialize(). Hash groups: {salt}{prefix}{group}: is a hash, its fields the
 * keys, and nothing in it expires. PhpRedis only.
 */

function wp_cache_init() {
	$GLOBALS['wp_object_cache'] = new WP_Object_Cache();
}

function wp_cache_set( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set( $key, $data, $group, (int) $expire );
}

function wp_cache_get( $key, $group = '' ) {
	return $GLOBALS['wp_object_cache']->get( $key, $group );
}

function wp_cache_add_global_groups( $groups ) {
	$GLOBALS['wp_object_cache']->global_groups += array_fill_keys( (array) $groups, true );
}

function wp_cache_add_redis_hash_groups( $groups ) {
	$GLOBALS['wp_object_cache']->hash_groups += array_fill_keys( (array) $groups, true );
}

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}

function wp_cache_close() {
	return true;
}

class WP_Object_Cache {
	public $global_groups = array();
	public $hash_groups   = array();

	private $redis;
	private $blog_prefix;
	private $global_prefix;

	public function __construct() {
		global $redis_server, $table_prefix;

		$this->blog_prefix   = is_multisite() ? get_current_blog_id() . ':' : '';
		$this->global_prefix = is_multisite() ? '' : $table_prefix;
		$server              = empty( $redis_server ) ? array() : $redis_server;
		$server             += array( 'host' => '127.0.0.1', 'port' => 6379, 'auth' => '', 'database' => 0 );

		$this->redis = new Redis();
		if ( file_exists( $server['host'] ) && 'socket' === filetype( $server['host'] ) ) {
			$this->redis->connect( $server['host'] );
		} else {
			$this->redis->connect( $server['host'], (int) $server['port'], 1.0 );
		}
		if ( '' !== $server['auth'] ) {
			$this->redis->auth( $server['auth'] );
		}
		$this->redis->select( (int) $server['database'] );
	}

	private function key( $key, $group ) {
		$prefix = isset( $this->global_groups[ $group ] ) ? $this->global_prefix : $this->blog_prefix;
		$salt   = defined( 'WP_CACHE_KEY_SALT' ) ? WP_CACHE_KEY_SALT : '';
		return preg_replace( '/\s+/', '', "$salt$prefix$group:$key" );
	}

	private function uses_hash( $group ) {
		return isset( $this->hash_groups[ $group ] ) || ( defined( 'WP_REDIS_USE_CACHE_GROUPS' ) && WP_REDIS_USE_CACHE_GROUPS );
	}

	public function set( $key, $data, $group, $expire ) {
		$group = $group ?: 'default';
		$bytes = is_int( $data ) ? (string) $data : serialize( $data );
		if ( $this->uses_hash( $group ) ) {
			return false !== $this->redis->hSet( $this->key( '', $group ), (string) $key, $bytes );
		}
		return $this->redis->set( $this->key( $key, $group ), $bytes, $expire > 0 ? $expire : null );
	}

	public function get( $key, $group ) {
		$group = $group ?: 'default';
		$bytes = $this->uses_hash( $group )
			? $this->redis->hGet( $this->key( '', $group ), (string) $key )
			: $this->redis->get( $this->key( $key, $group ) );
		if ( ! is_string( $bytes ) ) {
			return false;
		}
		return is_numeric( $bytes ) ? (int) $bytes : unserialize( $bytes );
	}

	public function switch_to_blog( $blog_id ) {
		$this->blog_prefix = is_multisite() ? (int) $blog_id . ':' : '';
	}
}
