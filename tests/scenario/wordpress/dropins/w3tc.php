<?php
/**
 * ObjectCache Version: 1.5
 *
 * W3 Total Cache Object Cache, the tests' own, never packaged: written from the key
 * grammar of that plugin.
 */

/*
 * Keys: w3tc_{instance}_{host}_{blog}_object_{blog}{group}{key}, the blog 0 for global
 * groups and single sites. Each group has a version, w3tc_{instance}_{blog}_object_
 * {group}_key_version, and each value carries those of its group. What has no lifetime
 * gets objectcache.lifetime, 180 s. Settings: w3tc-config/master.php. PhpRedis only.
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

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}

function wp_cache_close() {
	return true;
}

class WP_Object_Cache {
	public $global_groups = array();

	private $redis;
	private $config;
	private $blog;

	public function __construct() {
		$bytes        = file_get_contents( WP_CONTENT_DIR . '/w3tc-config/master.php' );
		$this->config = json_decode( substr( $bytes, 14 ), true );
		$this->blog   = is_multisite() ? get_current_blog_id() : 0;
		if ( 'redis' !== $this->config['objectcache.engine'] ) {
			throw new LogicException( 'only Redis is written here' );
		}
		$server      = $this->config['objectcache.redis.servers'][0];
		$this->redis = new Redis();
		if ( 0 === strncmp( $server, 'unix:', 5 ) ) {
			$this->redis->connect( trim( substr( $server, 5 ) ) );
		} else {
			[ $host, $port ] = explode( ':', $server );
			$this->redis->connect( $host, (int) $port );
		}
		if ( ! empty( $this->config['objectcache.redis.password'] ) ) {
			$this->redis->auth( $this->config['objectcache.redis.password'] );
		}
		$this->redis->select( (int) $this->config['objectcache.redis.dbid'] );
	}

	private function blog( $group ) {
		return isset( $this->global_groups[ $group ] ) ? 0 : $this->blog;
	}

	private function key( $key, $group ) {
		$blog = $this->blog( $group );
		return sprintf( 'w3tc_%d_%s_%d_%s_%s', $this->config['common.instance_id'], $_SERVER['HTTP_HOST'], $blog, 'object', $blog . $group . $key );
	}

	private function version( $group ) {
		$key = sprintf( 'w3tc_%d_%d_%s_%s_key_version', $this->config['common.instance_id'], $this->blog( $group ), 'object', $group );
		$this->redis->set( $key, 1, array( 'nx' ) );
		return (int) $this->redis->get( $key );
	}

	public function set( $key, $data, $group, $expire ) {
		$group = $group ?: 'default';
		$value = array(
			'content'         => $data,
			'key_version_all' => 1,
			'key_version'     => $this->version( $group ),
		);
		$expire = $expire ?: (int) ( $this->config['objectcache.lifetime'] ?? 180 );
		return $this->redis->setex( $this->key( $key, $group ), $expire, serialize( $value ) );
	}

	public function get( $key, $group ) {
		$bytes = $this->redis->get( $this->key( $key, $group ?: 'default' ) );
		return is_string( $bytes ) ? unserialize( $bytes )['content'] : false;
	}

	public function switch_to_blog( $blog_id ) {
		$this->blog = is_multisite() ? (int) $blog_id : 0;
	}
}
