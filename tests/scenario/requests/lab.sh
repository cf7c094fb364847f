# shellcheck shell=sh
# lab.sh - a shop on real servers, and load on it: what the incidents of requests share.
#
# Sourced after `set -eu` by a script of this folder; it sources servers.sh and
# expect.sh. nginx, php-fpm, MariaDB (with its performance_schema), Redis and Debian's
# WordPress, all private, on unix sockets in $work, stopped by pid. Everything is set
# as wpbloat recommends it. WPB_LAB_ONLY=1 leaves wpbloat out, to measure the lab alone;
# WPB_LAB_RECORD=FOLDER keeps what sensors would see (record.py).
#
#   $work/www                       WordPress; wp-config.php, object-cache.php, plugins
#   $work/php-fpm.conf              php-fpm's main file; it is found through the process
#   $work/pool.d/shop.conf          the pool: pm.max_children = $lab_workers, static
#   $work/php.sock, status.sock     its listeners: requests; pm.status_listen
#   $work/fpm-access.log, fpm-slow.log, php-errors.log
#   $work/nginx.conf, http.sock, nginx-access.log
#   $work/mariadb.sock              schema shop, prefix hq_; accounts shop (the site's) and
#                                   wpbloat (packaging/grants.sql), mariadb.password
#   $work/redis.sock                database 3, keys harrier_hq:GROUP:KEY
#   $work/wpbloat.conf, agent.sock, agent.log, alerts.jsonl
#
# What a script may set: before lab_start lab_workers, lab_slow (request_slowlog_timeout),
# lab_config (lines of PHP for wp-config.php) and lab_recommended (no: the servers as
# nobody has set them for wpbloat, without logs of requests but nginx's own and without
# performance_schema); before lab_agent lab_interval and lab_window (interval and
# request_window).

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../servers.sh"
. "$here/../expect.sh"
repository=$(cd "$here/../../.." && pwd)

lab_workers=8
lab_slow=1s
lab_config=
lab_recommended=yes
lab_interval=5s
lab_window=5s
docroot=$work/www
url=http://shop.example.test
if [ "$(id -u)" -eq 0 ]; then
    web_user=www-data
else
    web_user=$(id -un)
fi

need redis-server redis-cli php nginx curl ss "$python"
[ -f /usr/share/wordpress/wp-load.php ] || fail "wordpress is not installed; sh tests/run.sh installs it"

# c_text NAME FILE: the string literal that a header of the program defines.
c_text() {
    "$python" - "$1" "$repository/$2" <<'PYTHON'
import ast, re, sys
text = open(sys.argv[2]).read().replace('\\\n', ' ')
line = re.search(r'#define %s\s+(.*)' % sys.argv[1], text).group(1)
print(''.join(ast.literal_eval(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', line)))
PYTHON
}

lab_write_site() {
    mkdir "$docroot"
    cp -R /usr/share/wordpress/wp-includes /usr/share/wordpress/wp-admin "$docroot"
    cp /usr/share/wordpress/*.php "$docroot"
    mkdir -p "$docroot/wp-content/plugins" "$docroot/wp-content/themes/plain"
    cp "$here/../wordpress/object-cache.php" "$docroot/wp-content/"
    for plugin in "$@"; do
        cp -R "$here/plugins/$plugin" "$docroot/wp-content/plugins/"
    done
    printf '/*\nTheme Name: Plain\n*/\n' >"$docroot/wp-content/themes/plain/style.css"
    cat >"$docroot/wp-content/themes/plain/index.php" <<'PHP'
<!doctype html>
<title><?php bloginfo( 'name' ); ?></title>
<?php
wp_head();
while ( have_posts() ) {
	the_post();
	the_title( '<h1>', '</h1>' );
	the_content();
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
$lab_config
\$table_prefix = 'hq_';
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
PHP
}

lab_write_servers() {
    mkdir "$work/pool.d"
    cat >"$work/pool.d/shop.conf" <<CONF
[shop]
user = $web_user
group = $(id -gn "$web_user")
listen = $work/php.sock
listen.mode = 0666
chdir = $docroot
pm = static
pm.max_children = $lab_workers
php_admin_value[memory_limit] = 128M
php_admin_value[error_log] = $work/php-errors.log
php_admin_flag[log_errors] = on
CONF
    lab_nginx_log="log_format wpbloat '$(c_text WPB_NGINX_FORMAT probes/requests/web_log.h)';
    access_log $work/nginx-access.log wpbloat;"
    if [ "$lab_recommended" = yes ]; then
        cat >>"$work/pool.d/shop.conf" <<CONF
pm.status_path = /fpm-status
pm.status_listen = $work/status.sock
access.log = $work/fpm-access.log
access.format = "$(c_text WPB_ACCESS_FORMAT probes/requests/access_format.h | sed 's/"/\\"/g')"
slowlog = $work/fpm-slow.log
request_slowlog_timeout = $lab_slow
CONF
    else
        lab_nginx_log="access_log $work/nginx-access.log;"
    fi
    cat >"$work/php-fpm.conf" <<CONF
[global]
error_log = $work/fpm-errors.log
include = $work/pool.d/*.conf
CONF
    : >"$work/php-errors.log"
    chmod 666 "$work/php-errors.log"
    {
        [ "$(id -u)" -ne 0 ] || echo "user $web_user;"
        cat <<CONF
pid $work/nginx.pid;
worker_processes 1;
worker_rlimit_nofile 4096;
events {
    worker_connections 2048;
}
http {
    $lab_nginx_log
    error_log $work/nginx-errors.log;
    client_body_temp_path $work/nginx-body;
    fastcgi_temp_path $work/nginx-fastcgi;
    proxy_temp_path $work/nginx-proxy;
    scgi_temp_path $work/nginx-scgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    server {
        listen unix:$work/http.sock backlog=1024;
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
    } >"$work/nginx.conf"
}

lab_start_mariadb() {
    lab_schema='--performance-schema=ON --performance-schema-instrument=%=OFF --performance-schema-instrument=statement/%=ON'
    [ "$lab_recommended" = yes ] || lab_schema=--performance-schema=OFF
    # shellcheck disable=SC2086
    start_mariadb mariadb $lab_schema --max-connections=60
    mariadb_root mariadb <<'SQL'
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER shop@localhost IDENTIFIED BY 'a"b''c';
GRANT ALL ON shop.* TO shop@localhost;
SQL
}

# The account of packaging/grants.sql, and what requests ask beyond it.
lab_grant() {
    echo "pa ss'word" >"$work/mariadb.password"
    chmod 600 "$work/mariadb.password"
    {
        # shellcheck disable=SC2016
        sed -e 's/`wordpress`\.`wp_/`shop`.`hq_/' -e "s/CHOOSE-A-PASSWORD/pa ss''word/" \
            "$repository/packaging/grants.sql"
        echo 'GRANT SELECT ON performance_schema.* TO wpbloat@localhost;'
        echo 'GRANT PROCESS ON *.* TO wpbloat@localhost;'
    } | mariadb_root mariadb || fail "grants.sql was refused"
}

# lab_start PLUGIN...: the shop with these plugins, and each of its pages seen once.
lab_start() {
    start_redis redis --maxmemory 256mb --maxmemory-policy allkeys-lru
    lab_start_mariadb
    lab_write_site "$@"
    lab_write_servers
    php "$here/../wordpress/install.php" "$docroot" >"$work/install.log" 2>&1 ||
        fail "the installation failed"
    php "$here/stock.php" "$docroot" "$@" >>"$work/install.log" 2>&1 ||
        fail "the shop could not be stocked"
    lab_grant
    start_php_fpm "$work/php-fpm.conf" "$work/php.sock"
    start_nginx "$work/nginx.conf" "$work/http.sock"
    for path in / /cart/ /product/oilskin-1/; do
        [ "$(lab_visit "$path")" = 200 ] || fail "$path is not shown"
    done
    curl -sS --max-time 60 --unix-socket "$work/http.sock" -o /dev/null \
        "$url/product/oilskin-[1-20]/"
}

# lab_visit PATH: its HTTP status.
lab_visit() {
    curl -sS --max-time 60 --unix-socket "$work/http.sock" -o "$work/page" \
        -w '%{http_code}' "$url$1"
}

shop() {
    mariadb_root mariadb shop -e "$1"
}

# lab_drive NAME ARGUMENT...: load in the foreground, its steps in $work/NAME.steps as
# drive.py prints them.
lab_drive() {
    drive_name=$1
    shift
    "$python" "$here/drive.py" --socket "$work/http.sock" --host shop.example.test "$@" \
        '2:/' '6:/product/oilskin-{1-20}/' '2:/cart/' >"$work/$drive_name.steps"
}

# lab_step NAME KEY: of the last step.
lab_step() {
    "$python" -c 'import json, sys
print(json.loads(open(sys.argv[1]).read().splitlines()[-1])[sys.argv[2]])' \
        "$work/$1.steps" "$2"
}

# lab_record_begin: what the sensors would see goes to the folder WPB_LAB_RECORD, if it
# is set (record.py), until lab_record_end.
lab_record_begin() {
    [ -n "${WPB_LAB_RECORD:-}" ] || return 0
    mkdir -p "$WPB_LAB_RECORD"
    "$python" "$here/record.py" "$work" "$WPB_LAB_RECORD" &
    record_pid=$!
    server_pids="$server_pids $record_pid"
    wait_for "the recorder" "$record_pid" test -s "$WPB_LAB_RECORD/mysql.status"
}

lab_record_end() {
    [ -n "${WPB_LAB_RECORD:-}" ] || return 0
    stop_server "$record_pid"
    for log in "$work"/fpm-access.log "$work"/fpm-slow.log "$work"/php-errors.log \
        "$work"/nginx-access.log "$work"/*.steps; do
        [ ! -e "$log" ] || cp "$log" "$WPB_LAB_RECORD/"
    done
}

# lab_agent WPBLOAT: it watches.
lab_agent() {
    cat >"$work/wpbloat.conf" <<CONF
[agent]
state = $work/state
listen = unix:$work/agent.sock
interval = $lab_interval
request_window = $lab_window
sites = none
host_id = lab

[site shop]
path = $docroot
owner = team-checkout
pool_file = $work/php-fpm.conf
mysql = mysql+unix://$work/mariadb.sock?db=shop&user=wpbloat
mysql_password_file = $work/mariadb.password

[sink file]
path = $work/alerts.jsonl
CONF
    chmod 600 "$work/wpbloat.conf"
    "$1" agent --config "$work/wpbloat.conf" >"$work/agent.out" 2>"$work/agent.log" &
    agent_pid=$!
    server_pids="$server_pids $agent_pid"
    wait_for "the agent" "$agent_pid" lab_ask /healthz
}

# lab_ask PATH: what the agent answers, in 2 s.
lab_ask() {
    curl -sS --fail --max-time 2 --unix-socket "$work/agent.sock" "http://localhost$1"
}

# lab_findings NAME: what the agent says now, as the output NAME of expect.sh.
lab_findings() {
    lab_ask /findings.json >"$work/$1.out" || fail "the agent does not answer"
    : >"$work/$1.err"
    expect_report "$1"
}

# The rest of a script is for wpbloat; with WPB_LAB_ONLY=1 a script only measures.
is_judged() {
    [ -z "${WPB_LAB_ONLY:-}" ]
}
