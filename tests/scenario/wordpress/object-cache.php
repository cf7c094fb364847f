<?php
/*
Plugin Name: Redis Object Cache Drop-In
Description: The tests' own, never packaged: written from the key grammar of redis-cache 2.x so that a real WordPress fills a private Redis as that drop-in would.
Version: 2.6.3
*/

/*
 * Keys: {salt}{prefix}:{group}:{key}; ':' within group and key becomes '-'. The
 * prefix is the trimmed table prefix or, on a network, the blog's id, empty for
 * global groups. Arrays, objects and strings that look serialized are stored by
 * serialize(), anything else as it is; WP_REDIS_IGBINARY encodes everything.
 * WP_REDIS_PREFIX, _PATH or _HOST and _PORT, _DATABASE, _PASSWORD, _MAXTTL and
 * _DISABLE_METRICS mean what they mean there. PhpRedis only.
 */

function wp_cache_init() {
	$GLOBALS['wp_object_cache'] = new WP_Object_Cache();
}

function wp_cache_add( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->add( $key, $data, $group, (int) $expire );
}

function wp_cache_add_multiple( array $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->add_multiple( $data, $group, (int) $expire );
}

function wp_cache_replace( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->replace( $key, $data, $group, (int) $expire );
}

function wp_cache_set( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set( $key, $data, $group, (int) $expire );
}

function wp_cache_set_multiple( array $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set_multiple( $data, $group, (int) $expire );
}

function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	return $GLOBALS['wp_object_cache']->get( $key, $group, $force, $found );
}

function wp_cache_get_multiple( $keys, $group = '', $force = false ) {
	return $GLOBALS['wp_object_cache']->get_multiple( $keys, $group, $force );
}

function wp_cache_delete( $key, $group = '' ) {
	return $GLOBALS['wp_object_cache']->delete( $key, $group );
}

function wp_cache_delete_multiple( array $keys, $group = '' ) {
	return $GLOBALS['wp_object_cache']->delete_multiple( $keys, $group );
}

function wp_cache_incr( $key, $offset = 1, $group = '' ) {
	return $GLOBALS['wp_object_cache']->incr( $key, $offset, $group );
}

function wp_cache_decr( $key, $offset = 1, $group = '' ) {
	return $GLOBALS['wp_object_cache']->decr( $key, $offset, $group );
}

function wp_cache_flush() {
	return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime() {
	return $GLOBALS['wp_object_cache']->flush_runtime();
}

function wp_cache_flush_group( $group ) {
	return $GLOBALS['wp_object_cache']->flush_group( $group );
}

function wp_cache_supports( $feature ) {
	return in_array(
		$feature,
		array( 'add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime', 'flush_group' ),
		true
	);
}

function wp_cache_close() {
	return $GLOBALS['wp_object_cache']->close();
}

function wp_cache_add_global_groups( $groups ) {
	$GLOBALS['wp_object_cache']->add_global_groups( $groups );
}

function wp_cache_add_non_persistent_groups( $groups ) {
	$GLOBALS['wp_object_cache']->add_non_persistent_groups( $groups );
}

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}

#[AllowDynamicProperties]
class WP_Object_Cache {
	/* WordPress reads these two. */
	public $global_groups = array(
		'blog-details', 'blog-id-cache', 'blog-lookup', 'blog_meta', 'global-posts',
		'networks', 'redis-cache', 'rss', 'site-details', 'site-lookup', 'site-options',
		'site-transient', 'sites', 'user_meta', 'useremail', 'userlogins', 'usermeta',
		'users', 'userslugs',
	);
	public $cache = array();

	public $cache_hits   = 0;
	public $cache_misses = 0;

	private $redis              = null;
	private $salt               = '';
	private $global_prefix      = '';
	private $blog_prefix        = '';
	private $uses_igbinary      = false;
	private $unpersisted_groups = array( 'counts', 'plugins', 'themes' );
	private $calls              = 0;
	private $bytes              = 0;
	private $seconds            = 0.0;

	public function __construct() {
		global $table_prefix;

		$is_network          = function_exists( 'is_multisite' ) && is_multisite();
		$this->salt          = defined( 'WP_REDIS_PREFIX' ) ? trim( WP_REDIS_PREFIX ) : '';
		$this->global_prefix = $is_network ? '' : (string) $table_prefix;
		$this->blog_prefix   = $is_network ? (string) get_current_blog_id() : (string) $table_prefix;
		$this->uses_igbinary = defined( 'WP_REDIS_IGBINARY' ) && WP_REDIS_IGBINARY && extension_loaded( 'igbinary' );
		$this->connect();
	}

	/* Without Redis every request keeps its cache to itself, as with redis-cache. */
	private function connect() {
		try {
			$redis = new Redis();
			if ( defined( 'WP_REDIS_PATH' ) ) {
				$redis->connect( WP_REDIS_PATH, 0, 1.0 );
			} else {
				$redis->connect(
					defined( 'WP_REDIS_HOST' ) ? WP_REDIS_HOST : '127.0.0.1',
					defined( 'WP_REDIS_PORT' ) ? (int) WP_REDIS_PORT : 6379,
					1.0
				);
			}
			if ( defined( 'WP_REDIS_PASSWORD' ) ) {
				$redis->auth( WP_REDIS_PASSWORD );
			}
			if ( defined( 'WP_REDIS_DATABASE' ) ) {
				$redis->select( (int) WP_REDIS_DATABASE );
			}
			$redis->ping();
			$this->redis = $redis;
		} catch ( RedisException $e ) {
			$this->lose( $e );
		}
	}

	private function lose( RedisException $e ) {
		error_log( 'object cache: ' . $e->getMessage() );
		$this->redis = null;
	}

	/* One command; null when there is no server to ask. */
	private function ask( $command, ...$arguments ) {
		if ( null === $this->redis ) {
			return null;
		}
		$begun = microtime( true );
		try {
			$this->calls++;
			return $this->redis->$command( ...$arguments );
		} catch ( RedisException $e ) {
			$this->lose( $e );
			return null;
		} finally {
			$this->seconds += microtime( true ) - $begun;
		}
	}

	/* ---- keys and values ---- */

	public function build_key( $key, $group = 'default' ) {
		$group  = $this->group( $group );
		$prefix = in_array( $group, $this->global_groups, true ) ? $this->global_prefix : $this->blog_prefix;

		return $this->salt . trim( $prefix, '_-:$' ) . ':' . str_replace( ':', '-', $group ) . ':' . str_replace( ':', '-', (string) $key );
	}

	private function group( $group ) {
		return '' === (string) $group ? 'default' : (string) $group;
	}

	private function is_persistent( $group ) {
		return null !== $this->redis && ! in_array( $this->group( $group ), $this->unpersisted_groups, true );
	}

	private function looks_serialized( $value ) {
		return is_string( $value ) && preg_match( '/^(N;|[bid]:[^;]*;|[aOsCE]:\d+:)/', $value );
	}

	private function encode( $value ) {
		if ( $this->uses_igbinary ) {
			return igbinary_serialize( $value );
		}
		if ( is_array( $value ) || is_object( $value ) || $this->looks_serialized( $value ) ) {
			return serialize( $value );
		}
		return (string) $value;
	}

	private function decode( $bytes ) {
		$this->bytes += strlen( $bytes );
		if ( $this->uses_igbinary ) {
			return igbinary_unserialize( $bytes );
		}
		return $this->looks_serialized( $bytes ) ? unserialize( $bytes ) : $bytes;
	}

	/* Seconds to live, 0 for ever: WP_REDIS_MAXTTL replaces 0 and caps the rest. */
	private function lifetime( $expire ) {
		$most = defined( 'WP_REDIS_MAXTTL' ) ? (int) WP_REDIS_MAXTTL : 0;
		if ( $most > 0 && ( $expire <= 0 || $expire > $most ) ) {
			return $most;
		}
		return max( 0, (int) $expire );
	}

	private function copy( $value ) {
		return is_object( $value ) ? clone $value : $value;
	}

	/* ---- reading ---- */

	public function get( $key, $group = 'default', $force = false, &$found = null ) {
		$name = $this->build_key( $key, $group );
		if ( array_key_exists( $name, $this->cache ) && ( ! $force || ! $this->is_persistent( $group ) ) ) {
			$found = true;
			$this->cache_hits++;
			return $this->copy( $this->cache[ $name ] );
		}
		$bytes = $this->is_persistent( $group ) ? $this->ask( 'get', $name ) : null;
		$found = is_string( $bytes );
		if ( ! $found ) {
			$this->cache_misses++;
			return false;
		}
		$this->cache_hits++;
		$this->cache[ $name ] = $this->decode( $bytes );
		return $this->copy( $this->cache[ $name ] );
	}

	public function get_multiple( $keys, $group = 'default', $force = false ) {
		$values  = array();
		$missing = array();
		foreach ( $keys as $key ) {
			$name = $this->build_key( $key, $group );
			$values[ $key ] = false;
			if ( array_key_exists( $name, $this->cache ) && ( ! $force || ! $this->is_persistent( $group ) ) ) {
				$values[ $key ] = $this->copy( $this->cache[ $name ] );
				$this->cache_hits++;
			} elseif ( $this->is_persistent( $group ) ) {
				$missing[ $key ] = $name;
			} else {
				$this->cache_misses++;
			}
		}
		$replies = $missing ? $this->ask( 'mget', array_values( $missing ) ) : array();
		$at      = 0;
		foreach ( $missing as $key => $name ) {
			$bytes = is_array( $replies ) ? $replies[ $at++ ] : false;
			if ( ! is_string( $bytes ) ) {
				$this->cache_misses++;
				continue;
			}
			$this->cache_hits++;
			$this->cache[ $name ] = $this->decode( $bytes );
			$values[ $key ] = $this->copy( $this->cache[ $name ] );
		}
		return $values;
	}

	/* ---- writing ---- */

	/* CONDITION: 'nx', 'xx' or null. */
	private function store( $key, $value, $group, $expire, $condition ) {
		$name  = $this->build_key( $key, $group );
		$value = $this->copy( $value );
		if ( ! $this->is_persistent( $group ) ) {
			if ( null !== $condition && ( 'xx' === $condition ) !== array_key_exists( $name, $this->cache ) ) {
				return false;
			}
			$this->cache[ $name ] = $value;
			return true;
		}
		$options = null === $condition ? array() : array( $condition );
		$expire  = $this->lifetime( $expire );
		if ( $expire > 0 ) {
			$options['ex'] = $expire;
		}
		$bytes = $this->encode( $value );
		if ( ! $this->ask( 'set', $name, $bytes, $options ? $options : null ) ) {
			return false;
		}
		$this->bytes         += strlen( $bytes );
		$this->cache[ $name ] = $value;
		return true;
	}

	public function add( $key, $data, $group = 'default', $expire = 0 ) {
		if ( function_exists( 'wp_suspend_cache_addition' ) && wp_suspend_cache_addition() ) {
			return false;
		}
		return $this->store( $key, $data, $group, $expire, 'nx' );
	}

	public function replace( $key, $data, $group = 'default', $expire = 0 ) {
		return $this->store( $key, $data, $group, $expire, 'xx' );
	}

	public function set( $key, $data, $group = 'default', $expire = 0 ) {
		return $this->store( $key, $data, $group, $expire, null );
	}

	public function add_multiple( array $data, $group = 'default', $expire = 0 ) {
		$done = array();
		foreach ( $data as $key => $value ) {
			$done[ $key ] = $this->add( $key, $value, $group, $expire );
		}
		return $done;
	}

	public function set_multiple( array $data, $group = 'default', $expire = 0 ) {
		$done = array();
		foreach ( $data as $key => $value ) {
			$done[ $key ] = $this->set( $key, $value, $group, $expire );
		}
		return $done;
	}

	public function delete( $key, $group = 'default', $deprecated = false ) {
		$name    = $this->build_key( $key, $group );
		$was_set = array_key_exists( $name, $this->cache );
		unset( $this->cache[ $name ] );
		return $this->is_persistent( $group ) ? (bool) $this->ask( 'del', $name ) : $was_set;
	}

	public function delete_multiple( array $keys, $group = 'default' ) {
		$done = array();
		foreach ( $keys as $key ) {
			$done[ $key ] = $this->delete( $key, $group );
		}
		return $done;
	}

	/* As WordPress's own: a value that is not there stays away, none sinks below 0. */
	public function incr( $key, $offset = 1, $group = 'default' ) {
		$value = $this->get( $key, $group, true, $found );
		if ( ! $found ) {
			return false;
		}
		$value  = max( 0, ( is_numeric( $value ) ? (int) $value : 0 ) + (int) $offset );
		$name   = $this->build_key( $key, $group );
		$expire = $this->is_persistent( $group ) ? max( 0, (int) $this->ask( 'ttl', $name ) ) : 0;
		return $this->set( $key, $value, $group, $expire ) ? $value : false;
	}

	public function decr( $key, $offset = 1, $group = 'default' ) {
		return $this->incr( $key, -(int) $offset, $group );
	}

	/* ---- flushing ---- */

	public function flush() {
		$this->cache = array();
		return null === $this->redis || (bool) $this->ask( 'flushdb' );
	}

	public function flush_runtime() {
		$this->cache = array();
		return true;
	}

	public function flush_group( $group ) {
		$head = $this->build_key( '', $group );
		foreach ( array_keys( $this->cache ) as $name ) {
			if ( 0 === strncmp( $name, $head, strlen( $head ) ) ) {
				unset( $this->cache[ $name ] );
			}
		}
		if ( ! $this->is_persistent( $group ) ) {
			return true;
		}
		$cursor = null;
		do {
			try {
				$names = $this->redis->scan( $cursor, addcslashes( $head, '*?[]\\' ) . '*', 500 );
			} catch ( RedisException $e ) {
				$this->lose( $e );
				return false;
			}
			if ( $names ) {
				$this->ask( 'del', $names );
			}
		} while ( $cursor > 0 && null !== $this->redis );
		return null !== $this->redis;
	}

	/* ---- the site ---- */

	public function add_global_groups( $groups ) {
		$this->global_groups = array_values( array_unique( array_merge( $this->global_groups, (array) $groups ) ) );
	}

	public function add_non_persistent_groups( $groups ) {
		$this->unpersisted_groups = array_values( array_unique( array_merge( $this->unpersisted_groups, (array) $groups ) ) );
	}

	public function switch_to_blog( $blog_id ) {
		if ( function_exists( 'is_multisite' ) && is_multisite() ) {
			$this->blog_prefix = (string) (int) $blog_id;
		}
	}

	/* One member a request; only WP-Cron would trim them, and tests run none. */
	public function close() {
		if ( null === $this->redis || ( defined( 'WP_REDIS_DISABLE_METRICS' ) && WP_REDIS_DISABLE_METRICS ) ) {
			return true;
		}
		$looked  = $this->cache_hits + $this->cache_misses;
		$metrics = (object) array(
			'id'     => uniqid( '', true ),
			'hits'   => $this->cache_hits,
			'misses' => $this->cache_misses,
			'ratio'  => $looked ? round( 100 * $this->cache_hits / $looked, 2 ) : 100.0,
			'bytes'  => $this->bytes,
			'time'   => round( $this->seconds, 5 ),
			'calls'  => $this->calls,
		);
		$this->ask( 'zadd', $this->build_key( 'metrics', 'redis-cache' ), time(), serialize( $metrics ) );
		return true;
	}

	public function stats() {
		printf( '<p>Hits: %d, misses: %d, commands: %d</p>', $this->cache_hits, $this->cache_misses, $this->calls );
	}
}
