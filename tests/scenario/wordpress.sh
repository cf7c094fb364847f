#!/bin/sh
# wordpress.sh WPBLOAT - Debian's WordPress as sites run it (nginx, php-fpm, MariaDB,
# Redis) with a plugin that asks for options that do not exist, and one that makes pages
# as builders do. After real requests, the same diagnosis as in the incident, and that of
# the rows which WordPress itself has written: found with no option given, through the
# site's own account.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php nginx mariadbd mariadb mariadb-install-db curl "$python"
[ -f /usr/share/wordpress/wp-load.php ] || fail "wordpress is not installed; sh tests/run.sh installs it"

warning_names=5000 # of cache.notoptions_bloat
docroot=$work/www
url=http://shop.example.test

if [ "$(id -u)" -eq 0 ]; then
    web_user=www-data
else
    web_user=$(id -un)
fi

write_site() {
    mkdir "$docroot"
    cp -R /usr/share/wordpress/wp-includes /usr/share/wordpress/wp-admin "$docroot"
    cp /usr/share/wordpress/*.php "$docroot"
    mkdir -p "$docroot/wp-content/mu-plugins" "$docroot/wp-content/plugins" \
        "$docroot/wp-content/themes/plain"
    cp "$here/wordpress/object-cache.php" "$docroot/wp-content/"
    cp "$here"/wordpress/mu-plugins/*.php "$docroot/wp-content/mu-plugins/"
    printf '/*\nTheme Name: Plain\n*/\n' >"$docroot/wp-content/themes/plain/style.css"
    cat >"$docroot/wp-content/themes/plain/index.php" <<'PHP'
<!doctype html>
<title><?php bloginfo( 'name' ); ?></title>
<?php
wp_head();
while ( have_posts() ) {
	the_post();
	the_title( '<h1>', '</h1>' );
}
wp_footer();
PHP
    cat >"$docroot/wp-config.php" <<PHP
<?php
define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'shop' );
define( 'DB_PASSWORD', 'a"b\'c' );
define( 'DB_HOST', 'localhost:$work/mariadb.sock' );
define( 'WP_HOME', '$url' );
define( 'WP_SITEURL', '$url' );
define( 'WP_DEFAULT_THEME', 'plain' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );

define( 'WP_REDIS_SCHEME', 'unix' );
define( 'WP_REDIS_PATH', '$work/redis.sock' );
define( 'WP_REDIS_DATABASE', 3 );
define( 'WP_REDIS_PREFIX', 'harrier_' );

\$table_prefix = 'hq_';

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
PHP
}

write_servers() {
    mkdir "$work/pool.d"
    cat >"$work/pool.d/shop.conf" <<CONF
[shop]
user = $web_user
group = $(id -gn "$web_user")
listen = $work/php.sock
chdir = $docroot
listen.mode = 0666
pm = static
pm.max_children = 3
catch_workers_output = yes
php_admin_value[memory_limit] = 96M
php_admin_value[error_log] = $work/php-errors.log
php_admin_flag[log_errors] = on
CONF
    cat >"$work/php-fpm.conf" <<CONF
[global]
error_log = $work/php-fpm-errors.log
include = $work/pool.d/*.conf
CONF
    cat >"$work/nginx.conf" <<CONF
pid $work/nginx.pid;
worker_processes 1;
events {
    worker_connections 64;
}
http {
    access_log off;
    client_body_temp_path $work/nginx-body;
    fastcgi_temp_path $work/nginx-fastcgi;
    proxy_temp_path $work/nginx-proxy;
    scgi_temp_path $work/nginx-scgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    server {
        listen unix:$work/http.sock;
        root $docroot;
        location / {
            fastcgi_pass unix:$work/php.sock;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME \$document_root/index.php;
            fastcgi_param SCRIPT_NAME /index.php;
        }
    }
}
CONF
    if [ "$(id -u)" -eq 0 ]; then
        sed -i "1i user $web_user;" "$work/nginx.conf"
    fi
    : >"$work/php-errors.log"
    chmod 666 "$work/php-errors.log"
}

# visit FIRST LAST: that many pages, one after the other, each of them a 200.
visit() {
    curl -sS --max-time 120 --unix-socket "$work/http.sock" -o /dev/null \
        -w '%{http_code}\n' "$url/?rates=25&page=[$1-$2]" >"$work/visits"
    if grep -vx 200 "$work/visits" >"$work/refused"; then
        curl -sSi --unix-socket "$work/http.sock" "$url/?page=$1" | head -c 2000 >&2
        fail "WordPress answered $(sort "$work/refused" | uniq -c | tr '\n' ' ')"
    fi
}

# scan NAME FORMAT: with our pools where the distribution's are, for the scan alone,
# which needs a mount namespace. Where the kernel gives none, the scan sees the
# distribution's own pools and php.ini, and limit_bytes is what they say.
pool_folder=$(find /etc/php -path '*/fpm/pool.d' | sort -V | tail -n 1)
namespace=
limit_bytes=$((96 * 1024 * 1024))
for flags in --mount '--mount --map-root-user'; do
    # shellcheck disable=SC2086
    if unshare $flags mount --bind /etc/php /etc/php 2>>"$work/unshare.log"; then
        namespace="unshare $flags"
        break
    fi
done
if [ -z "$namespace" ]; then
    echo "wordpress.sh: no mount namespace here; php.ini's memory_limit is expected instead of the pool's" >&2
    limit_bytes=$((128 * 1024 * 1024))
fi
scan() {
    if [ -n "$namespace" ]; then
        # shellcheck disable=SC2016,SC2086
        run "$1" $namespace sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh \
            "$work/pool.d" "$pool_folder" "$wpbloat" scan "$docroot" --format "$2"
    else
        run "$1" "$wpbloat" scan "$docroot" --format "$2"
    fi
}

notoptions_key=harrier_hq:options:notoptions
# a:N:{ at the start of the value
missing_names() {
    redis-cli -s "$work/redis.sock" -n 3 GETRANGE "$notoptions_key" 0 15 |
        sed -n 's/^a:\([0-9]*\):.*/\1/p'
}

start_redis redis --maxmemory 64mb --maxmemory-policy allkeys-lru
start_mariadb mariadb
mariadb --no-defaults -uroot --socket="$work/mariadb.sock" <<'SQL'
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER shop@localhost IDENTIFIED BY 'a"b''c';
GRANT ALL ON shop.* TO shop@localhost;
SQL
write_site
write_servers
php "$here/wordpress/install.php" "$docroot" >"$work/install.log" 2>&1 || fail "the installation failed"
start_php_fpm "$work/php-fpm.conf" "$work/php.sock"
start_nginx "$work/nginx.conf" "$work/http.sock"

# Healthy first: the site works, and nothing is said about it.
visit 1 3
scan healthy json
expect_report healthy
expect_json healthy "'cache.notoptions_bloat' not in f"

# Then the shop's own people make a page, and everybody looks at it.
page=$(php "$here/wordpress/pages.php" "$docroot") || fail "the page was not made"
curl -sS --max-time 60 --unix-socket "$work/http.sock" -o /dev/null -w '%{http_code}\n' -L \
    "$url/?page_id=$page&rates=0" | grep -qx 200 || fail "the page is not shown"
mariadb_shop() {
    mariadb_root mariadb -e "$1" shop
}
row_bytes=$(mariadb_shop "SELECT SUM(LENGTH(meta_value)) FROM hq_postmeta WHERE post_id = $page")
autoload_bytes=$(mariadb_shop "SELECT SUM(LENGTH(option_value)) FROM hq_options WHERE autoload = 'yes'")
index_bytes=$(mariadb_shop "SELECT LENGTH(option_value) FROM hq_options WHERE option_name = 'harrier_pages_index'")
[ "$row_bytes" -gt 2000000 ] || fail "WordPress kept only $row_bytes bytes of the page"
[ "$autoload_bytes" -gt 4000000 ] || fail "WordPress autoloads only $autoload_bytes bytes"

# Then customers.
first=4
names=$(missing_names)
while [ "${names:-0}" -lt $((warning_names + 500)) ]; do
    [ "$first" -lt 2000 ] || fail "after $first pages notoptions has only ${names:-no} names"
    visit "$first" $((first + 49))
    first=$((first + 50))
    names=$(missing_names)
done

scan json json
expect_clean json
expect_report json
source_line=$(grep -n get_option "$docroot/wp-content/mu-plugins/harrier-shipping-rates.php" | cut -d: -f1)
n="f['cache.notoptions_bloat']"
expect_json json \
    "${n}['severity'] in ('warning', 'critical')" \
    "${n}['subject']['name'] == '$notoptions_key'" \
    "${n}['subject']['scope'] == 'unix://$work/redis.sock?db=3'" \
    "${n}['evidence']['entries'] == $names" \
    "${n}['evidence']['memory_limit_bytes'] == $limit_bytes" \
    "${n}['cause']['families'][0]['share_ratio'] > 0.9" \
    "${n}['cause']['families'][0]['source']['component'] == 'mu-plugin:harrier-shipping-rates.php'" \
    "${n}['cause']['families'][0]['source']['file'].endswith('mu-plugins/harrier-shipping-rates.php')" \
    "${n}['cause']['families'][0]['source']['line'] == $source_line" \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'"
# The database: from wp-config.php, with its user, whose rights are the site's own.
expect_json json \
    "d['sites'][0]['mysql'] == 'mysql+unix://$work/mariadb.sock?db=shop'" \
    "one(d['coverage'], probe='mysql.server')['status'] == 'ok'" \
    "f['database.autoload_large']['evidence']['autoload_bytes'] == $autoload_bytes" \
    "one(d['tables']['options'], option='harrier_pages_index')['row_bytes'] == $index_bytes" \
    "one(d['tables']['options'], option='harrier_pages_index')['autoloaded'] is True" \
    "one(d['tables']['options'], option='harrier_pages_archive')['autoloaded'] is False" \
    "f['builder.post_meta_entry']['evidence']['post_id'] in ($page, '$page')" \
    "f['builder.post_meta_entry']['evidence']['row_bytes'] == $row_bytes" \
    "f['builder.post_meta_entry']['evidence']['entry_bytes'] > $row_bytes" \
    "f['builder.post_meta_entry']['evidence']['largest_meta_key'] == '_elementor_data'" \
    "f['builder.post_meta_entry']['evidence']['memory_limit_bytes'] == $limit_bytes" \
    "f['builder.css_inline']['evidence']['setting_value'] == 'internal'" \
    "one(d['tables']['posts'], post_id='$page')['path'] == '/autumn-catalogue/'" \
    "'Nobody may see' not in str(d)"
scan text text
expect_clean text
expect_line text out 'mu-plugins/harrier-shipping-rates\.php:[0-9]+'
expect_line text out 'autumn-catalogue'
expect_line text out 'harrier_pages_index'

[ ! -s "$work/php-errors.log" ] || fail "PHP complained: $(head -n 1 "$work/php-errors.log")"
