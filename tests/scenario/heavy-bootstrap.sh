#!/bin/sh
# heavy-bootstrap.sh WPBLOAT - 38 MB of autoloaded options from three plugins, one of
# them 22 MB: what 40 simultaneous requests hold for it, and which plugins own it. The
# site has no object cache, so nothing but its database is looked at.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need "$python"

start_mariadb mariadb
mariadb_wordpress mariadb club kl_
mariadb_root mariadb club <"$here/heavy-bootstrap/seed.sql"
# Cold, as after a night: nothing of it is in the server's memory.
stop_server "$mariadb_pid"
restart_mariadb mariadb

site=$work/club
mkdir -p "$site/wp-includes" "$site/wp-content/plugins"
printf "<?php\n\$wp_version = '6.6.2';\n" >"$site/wp-includes/version.php"
printf '<?php\n' >"$site/wp-settings.php"
printf '<?php\n' >"$site/wp-load.php"
# plugin SLUG FUNCTION OPTION
plugin() {
    mkdir "$site/wp-content/plugins/$1"
    cat >"$site/wp-content/plugins/$1/$1.php" <<PHP
<?php
/**
 * Plugin Name: $1
 */
function $2() {
	return get_option( $3 );
}
PHP
}
plugin tern-catalogue tern_catalogue "'tern_catalogue_index'"
plugin harbour-forms harbour_entry "'harbour_forms_entry_' . \$GLOBALS['entry']"
plugin lumen-seo lumen_redirects "'lumen_seo_redirects_' . \$GLOBALS['chunk']"
cat >"$site/wp-config.php" <<PHP
<?php
define( 'DB_NAME', 'club' );
define( 'DB_USER', 'wpbloat' );
define( 'DB_PASSWORD', 'pa ss\'word' );
define( 'DB_HOST', 'localhost:$work/mariadb.sock' );
define( 'WP_MEMORY_LIMIT', '256M' );
\$table_prefix = 'kl_';
require_once __DIR__ . '/wp-settings.php';
PHP

rows() {
    mariadb_root mariadb -e 'CHECKSUM TABLE kl_options, kl_postmeta, kl_posts' club
}

rows_before=$(rows)
bytes=$(mariadb_root mariadb -e "SELECT SUM(LENGTH(option_value)) FROM kl_options WHERE autoload <> 'no'" club)
options=$(mariadb_root mariadb -e "SELECT COUNT(*) FROM kl_options WHERE autoload <> 'no'" club)
[ "$bytes" -ge 38000000 ] || fail "only $bytes bytes were seeded"

run json "$wpbloat" scan "$site" --format json
expect_code json 2
expect_clean json
expect_report json
heavy="f['database.autoload_large']"
expect_json json \
    "${heavy}['severity'] == 'critical'" \
    "${heavy}['evidence']['autoload_bytes'] == $bytes" \
    "${heavy}['evidence']['options'] == $options" \
    "${heavy}['evidence']['held_by_40_requests_bytes'] >= 40 * $bytes" \
    "${heavy}['cause']['components'][0]['name'] == 'plugin:tern-catalogue'" \
    "${heavy}['cause']['components'][0]['bytes'] == 22000000" \
    "one(${heavy}['cause']['components'], name='plugin:harbour-forms')['bytes'] == 10800000" \
    "one(${heavy}['cause']['components'], name='plugin:lumen-seo')['bytes'] == 5200000" \
    "'database.autoload_option_large' in f" \
    "one(d['coverage'], probe='mysql.autoload')['status'] == 'ok'" \
    "one(d['coverage'], probe='mysql.autoload')['cost']['pages'] < 3200" \
    "one(d['tables']['options'], option='tern_catalogue_index')['row_bytes'] == 20000000" \
    "one(d['tables']['options'], option='tern_catalogue_index')['autoloaded'] is True" \
    "one(d['tables']['options'], option='harbour_forms_export')['autoloaded'] is False" \
    "one(d['tables']['mysql_databases'])['autoload_bytes'] == $bytes" \
    "d['sites'][0]['redis'] is None"

run text "$wpbloat" scan "$site"
expect_clean text
expect_line text out '40 '
expect_line text out 'tern-catalogue'
expect_line text out 'no persistent object cache'
expect_line text out 'This look cost [0-9,]+ database statements'
expect_no_line text out 'Redis commands'

# The same from the database alone: the components are then names of options.
run alone "$wpbloat" scan --mysql "mysql+unix://$work/mariadb.sock?db=club&user=wpbloat" \
    --mysql-password-file "$work/mariadb.password" --table-prefix kl_ --format json
expect_code alone 2
expect_report alone
expect_json alone \
    "${heavy}['evidence']['autoload_bytes'] == $bytes" \
    "'cache' not in d['sites'][0]['object_cache']['flavour']" \
    "d['sites'][0]['object_cache']['note'] is None"

[ "$(rows)" = "$rows_before" ] || fail "something above changed the data"
