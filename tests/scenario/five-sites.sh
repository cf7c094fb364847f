#!/bin/sh
# five-sites.sh WPBLOAT - five sites of five flavours share one database of one Redis,
# with salts that begin alike. Real PHP writes their keys; each must be found with its
# Redis and its prefix, and every key be of its site and group.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php "$python"

password='five-must-not-be-printed'
start_redis redis --requirepass "$password"
socket=$work/redis.sock

# site NAME DROPIN: the least that is a WordPress, with a wp-config.php from stdin.
site() {
    mkdir -p "$work/$1/wp-content/plugins" "$work/$1/wp-includes"
    printf '<?php\nrequire_once __DIR__ . "/wp-config.php";\n' >"$work/$1/wp-load.php"
    printf '<?php\n' >"$work/$1/wp-settings.php"
    printf "<?php\n\$wp_version = '6.8.1';\n" >"$work/$1/wp-includes/version.php"
    cp "$here/wordpress/$2" "$work/$1/wp-content/object-cache.php"
    {
        printf "<?php\ndefine( 'DB_NAME', '%s' );\n\$table_prefix = 'wp_';\n" "$1"
        cat
        printf "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );\n"
        printf "require_once ABSPATH . 'wp-settings.php';\n"
    } >"$work/$1/wp-config.php"
}

site shop object-cache.php <<END
define( 'WP_REDIS_PATH', '$socket' );
define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PASSWORD', '$password' );
define( 'WP_REDIS_DATABASE', 2 );
define( 'WP_REDIS_PREFIX', 'five_' );
END

site net object-cache.php <<END
define( 'MULTISITE', true );
define( 'WP_REDIS_PATH', '$socket' );
define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PASSWORD', '$password' );
define( 'WP_REDIS_DATABASE', 2 );
define( 'WP_REDIS_PREFIX', 'five_net:' );
END

site blog dropins/wp-redis.php <<END
define( 'WP_CACHE_KEY_SALT', 'five_' );
\$redis_server = array(
	'host'     => '$socket',
	'auth'     => '$password',
	'database' => 2,
);
END

site mag dropins/w3tc.php </dev/null
mkdir "$work/mag/wp-content/w3tc-config"
printf '<?php exit; ?>{"common.instance_id":1804289383,"objectcache.enabled":true,"objectcache.engine":"redis","objectcache.redis.servers":["unix:%s"],"objectcache.redis.password":"%s","objectcache.redis.dbid":2}' \
    "$socket" "$password" >"$work/mag/wp-content/w3tc-config/master.php"

site lite dropins/litespeed.php </dev/null
mkdir -p "$work/lite/wp-content/plugins/litespeed-cache/src"
printf '{"object-kind":"1","object-host":"%s","object-port":"","object-db_id":"2","object-user":"","object-pswd":"%s"}' \
    "$socket" "$password" >"$work/lite/wp-content/.litespeed_conf.dat"
printf '<?php\n' >"$work/lite/wp-content/plugins/litespeed-cache/litespeed-cache.php"
cat >"$work/lite/wp-content/plugins/litespeed-cache/src/object-cache-wp.cls.php" <<'END'
<?php
if ( ! defined( 'LSOC_PREFIX' ) ) {
	define( 'LSOC_PREFIX', substr( md5( __FILE__ ), -5 ) );
}
END

factor=0
for name in shop net blog mag lite; do
    factor=$((factor + 1))
    php "$here/five-sites/seed.php" "$work/$name" "$factor"
done
export REDISCLI_AUTH="$password"
for key in 1 2 3 4 5 6 7; do
    redis-cli -s "$socket" -n 2 SET "laravel_cache:$key" x >/dev/null
done
redis-cli -s "$socket" -n 2 LPUSH queue:default job >/dev/null
unset REDISCLI_AUTH

run json "$wpbloat" scan "$work/shop" "$work/net" "$work/blog" "$work/mag" "$work/lite" \
    --budget full --format json --fail-on never
expect_code json 0
expect_clean json
expect_report json
expect_no_line json out "$password"
expect_no_line json err "$password"
expect_json json "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'"
"$python" "$here/five-sites/expect.py" "$work/json.out" "$work" >&2 ||
    fail "a site or a key is not where it belongs: see above"
