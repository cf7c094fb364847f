#!/bin/sh
# raised-limit.sh WPBLOAT - a page whose builder's blobs ride in its post_meta entry.
# memory_limit went from 128M to 512M and the cause stayed: both scans must name the
# page, the chain from row to request with each size, and the setting that ends it.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php "$python"

start_redis redis
start_redis scratch
start_mariadb mariadb
mariadb_wordpress mariadb atelier at_
sizes=$(php "$here/raised-limit/seed.php" "$work/mariadb.sock" "$work/redis.sock")
mariadb_root mariadb -e 'ANALYZE TABLE at_options, at_postmeta, at_posts' atelier >"$work/analyse.log"
entry_bytes=${sizes% *}
row_bytes=${sizes#* }
key=atelier_at:post_meta:812

# What the page's entry costs a real PHP that reads it.
redis-cli -s "$work/redis.sock" -n 2 GET "$key" | head -c "$entry_bytes" >"$work/entry"
measured=$(php "$here/raised-limit/measure.php" "$work/redis.sock" 2 "$key")

# write_site LIMIT
write_site() {
    mkdir -p "$work/atelier/wp-includes" "$work/atelier/wp-content/plugins/elementor"
    printf "<?php\n\$wp_version = '6.6.2';\n" >"$work/atelier/wp-includes/version.php"
    printf '<?php\n' >"$work/atelier/wp-settings.php"
    printf '<?php\n' >"$work/atelier/wp-load.php"
    cat >"$work/atelier/wp-content/object-cache.php" <<'PHP'
<?php
/**
 * Plugin Name: Redis Object Cache Drop-In
 * Version: 2.6.3
 */
PHP
    cat >"$work/atelier/wp-content/plugins/elementor/elementor.php" <<'PHP'
<?php
/**
 * Plugin Name: Elementor
 * Version: 3.21.2
 */
PHP
    cat >"$work/atelier/wp-config.php" <<PHP
<?php
define( 'DB_NAME', 'atelier' );
define( 'DB_USER', 'wpbloat' );
define( 'DB_PASSWORD', 'pa ss\'word' );
define( 'DB_HOST', 'localhost:$work/mariadb.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PATH', '$work/redis.sock' );
define( 'WP_REDIS_DATABASE', 2 );
define( 'WP_REDIS_PREFIX', 'atelier_' );
define( 'WP_MEMORY_LIMIT', '$1' );
\$table_prefix = 'at_';
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
PHP
}

rows() {
    mariadb_root mariadb -e 'CHECKSUM TABLE at_options, at_postmeta, at_posts' atelier
    redis-cli -s "$work/redis.sock" DEBUG DIGEST
}

rows_before=$(rows)
entry="f['builder.post_meta_entry']"
css="f['builder.css_inline']"
for limit in 128 512; do
    write_site "${limit}M"
    run "json$limit" "$wpbloat" scan "$work/atelier" --format json --budget full --fail-on never
    expect_code "json$limit" 0
    expect_clean "json$limit"
    expect_report "json$limit"
    expect_json "json$limit" \
        "${entry}['severity'] in ('warning', 'critical')" \
        "${entry}['evidence']['post_id'] in (812, '812')" \
        "${entry}['evidence']['row_bytes'] == $row_bytes" \
        "${entry}['evidence']['entry_bytes'] == $entry_bytes" \
        "${entry}['evidence']['largest_meta_key'] == '_elementor_css'" \
        "near(${entry}['evidence']['php_read_peak_bytes'], $measured, 0.02)" \
        "${entry}['evidence']['memory_limit_bytes'] == $limit * 1024 * 1024" \
        "${css}['evidence']['builder'].lower() == 'elementor'" \
        "${css}['evidence']['css_bytes'] >= 2400000" \
        "${css}['evidence']['setting'] == 'elementor_css_print_method'" \
        "${css}['evidence']['setting_value'] == 'internal'" \
        "'title nobody may see' not in str(d)" \
        "one(d['tables']['posts'], post_id='812')['path'] == '/page-801/spring-lookbook/'" \
        "one(d['tables']['posts'], post_id='812')['row_bytes'] == $row_bytes" \
        "one(d['tables']['posts'], post_id='812')['entry_bytes'] == $entry_bytes" \
        "all(i['status'] == 'ok' for i in d['coverage'] if i['probe'].startswith(('mysql.', 'redis.')) and i['probe'] != 'mysql.statements')"
done

run text "$wpbloat" scan "$work/atelier" --budget full --fail-on never
expect_clean text
expect_line text out 'spring-lookbook'
expect_line text out '_elementor_data'
expect_line text out '_elementor_css'
expect_line text out 'elementor_css_print_method'
expect_line text out '[Rr]aising'
expect_line text out '^This look cost'
expect_no_line text out 'title nobody may see'

[ "$(rows)" = "$rows_before" ] || fail "something above changed the data"
