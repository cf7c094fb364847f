<?php
/**
 * Plugin Name: LiteSpeed Cache - Object Cache (Drop-in)
 * Description: The tests' own, never packaged: written from the key grammar of LiteSpeed Cache.
 */

/*
 * Keys: {LSOC_PREFIX}{blog}:{group}.{key} on a network, {LSOC_PREFIX}{group}.{key} for
 * its global groups and on a single site. The plugin's class file defines the prefix.
 * Values: serialize( array( 'data' => ... ) ), compressed where phpredis can. Settings:
 * wp-content/.litespeed_conf.dat. PhpRedis only.
 */

define( 'LSCWP_OBJECT_CACHE', true );
require_once WP_CONTENT_DIR . '/plugins/litespeed-cache/src/object-cache-wp.cls.php';

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

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}

function wp_cache_close() {
	return true;
}

class WP_Object_Cache {
	public $global_groups = array();

	private $redis;
	private $blog_prefix;

	public function __construct() {
		$config            = json_decode( file_get_contents( WP_CONTENT_DIR . '/.litespeed_conf.dat' ), true );
		$this->blog_prefix = is_multisite() ? get_current_blog_id() . ':' : '';
		if ( empty( $config['object-kind'] ) || empty( $config['object-host'] ) ) {
			throw new LogicException( 'only Redis is written here' );
		}
		$this->redis = new Redis();
		if ( $config['object-port'] ) {
			$this->redis->connect( $config['object-host'], (int) $config['object-port'] );
		} else {
			$this->redis->connect( $config['object-host'] );
		}
		if ( ! empty( $config['object-pswd'] ) ) {
			$this->redis->auth( $config['object-user'] ? array( $config['object-user'], $config['object-pswd'] ) : $config['object-pswd'] );
		}
		$this->redis->select( (int) $config['object-db_id'] );
		if ( defined( 'Redis::COMPRESSION_ZSTD' ) ) {
			$this->redis->setOption( Redis::OPT_COMPRESSION, Redis::COMPRESSION_ZSTD );
		}
	}

	private function key( $key, $group ) {
		$group  = $group ?: 'default';
		$prefix = isset( $this->global_groups[ $group ] ) ? '' : $this->blog_prefix;
		return LSOC_PREFIX . $prefix . $group . '.' . $key;
	}

	public function set( $key, $data, $group, $expire ) {
		$bytes = serialize( array( 'data' => $data ) );
		return $this->redis->set( $this->key( $key, $group ), $bytes, $expire > 0 ? $expire : null );
	}

	public function get( $key, $group ) {
		$bytes = $this->redis->get( $this->key( $key, $group ) );
		return is_string( $bytes ) ? unserialize( $bytes )['data'] : false;
	}

	public function switch_to_blog( $blog_id ) {
		$this->blog_prefix = is_multisite() ? (int) $blog_id . ':' : '';
	}
}
