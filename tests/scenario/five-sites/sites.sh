# shellcheck shell=sh
# sites.sh - five sites of five flavours with salts that begin alike, for one database of
# one Redis. Sourced after servers.sh and expect.sh.

five_names='shop net blog mag lite'
five_password='five-must-not-be-printed'

# site NAME DROPIN: the least that is a WordPress, with a wp-config.php from stdin.
site() {
    mkdir -p "$five_root/$1/wp-content/plugins" "$five_root/$1/wp-includes"
    printf '<?php\nrequire_once __DIR__ . "/wp-config.php";\n' >"$five_root/$1/wp-load.php"
    printf '<?php\n' >"$five_root/$1/wp-settings.php"
    printf "<?php\n\$wp_version = '6.8.1';\n" >"$five_root/$1/wp-includes/version.php"
    cp "$here/wordpress/$2" "$five_root/$1/wp-content/object-cache.php"
    {
        printf "<?php\ndefine( 'DB_NAME', '%s' );\n\$table_prefix = 'wp_';\n" "$1"
        cat
        printf "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );\n"
        printf "require_once ABSPATH . 'wp-settings.php';\n"
    } >"$five_root/$1/wp-config.php"
}

# five_sites FOLDER SOCKET: in FOLDER, with their keys in database 2 behind SOCKET.
five_sites() {
    five_root=$1
    five_socket=$2

    site shop object-cache.php <<END
define( 'WP_REDIS_PATH', '$five_socket' );
define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PASSWORD', '$five_password' );
define( 'WP_REDIS_DATABASE', 2 );
define( 'WP_REDIS_PREFIX', 'five_' );
END

    site net object-cache.php <<END
define( 'MULTISITE', true );
define( 'WP_REDIS_PATH', '$five_socket' );
define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PASSWORD', '$five_password' );
define( 'WP_REDIS_DATABASE', 2 );
define( 'WP_REDIS_PREFIX', 'five_net:' );
END

    site blog dropins/wp-redis.php <<END
define( 'WP_CACHE_KEY_SALT', 'five_' );
\$redis_server = array(
	'host'     => '$five_socket',
	'auth'     => '$five_password',
	'database' => 2,
);
END

    site mag dropins/w3tc.php </dev/null
    mkdir "$five_root/mag/wp-content/w3tc-config"
    printf '<?php exit; ?>{"common.instance_id":1804289383,"objectcache.enabled":true,"objectcache.engine":"redis","objectcache.redis.servers":["unix:%s"],"objectcache.redis.password":"%s","objectcache.redis.dbid":2}' \
        "$five_socket" "$five_password" >"$five_root/mag/wp-content/w3tc-config/master.php"

    site lite dropins/litespeed.php </dev/null
    mkdir -p "$five_root/lite/wp-content/plugins/litespeed-cache/src"
    printf '{"object-kind":"1","object-host":"%s","object-port":"","object-db_id":"2","object-user":"","object-pswd":"%s"}' \
        "$five_socket" "$five_password" >"$five_root/lite/wp-content/.litespeed_conf.dat"
    printf '<?php\n' >"$five_root/lite/wp-content/plugins/litespeed-cache/litespeed-cache.php"
    cat >"$five_root/lite/wp-content/plugins/litespeed-cache/src/object-cache-wp.cls.php" <<'END'
<?php
if ( ! defined( 'LSOC_PREFIX' ) ) {
	define( 'LSOC_PREFIX', substr( md5( __FILE__ ), -5 ) );
}
END
}

# five_php SCRIPT ...: for each of the sites, SCRIPT FOLDER FACTOR, with another factor
# each.
five_php() {
    five_factor=0
    for five_name in $five_names; do
        five_factor=$((five_factor + 1))
        php "$here/five-sites/$1" "$five_root/$five_name" "$five_factor" ||
            fail "$1 could not fill $five_name"
    done
}

# five_scan NAME ARGUMENT...: a scan of the five sites.
five_scan() {
    five_run=$1
    shift
    run "$five_run" "$wpbloat" scan "$five_root/shop" "$five_root/net" "$five_root/blog" \
        "$five_root/mag" "$five_root/lite" --budget full --fail-on never "$@"
}
