# shellcheck shell=sh
# servers.sh - private servers for the scenarios, and a loud end when one fails.
#
# Sourced after `set -eu`. Everything lives in one temporary folder, $work, listens
# on unix sockets in it, and is stopped by its process id when the scenario ends,
# however it ends. WPB_KEEP=1 leaves the folder.

# The folders above may be closed to others; this one is opened to the user PHP
# runs as.
work=$(mktemp -d "/tmp/wpbloat-$(basename "$0" .sh).XXXXXX")
chmod 755 "$work"
server_pids=
failure=
trap 'scenario_end $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The servers end first: what follows may meet a closed pipe.
scenario_end() {
    trap '' INT TERM HUP PIPE
    set +e
    for pid in $server_pids; do
        stop_server "$pid"
    done
    if [ "$1" -ne 0 ]; then
        for file in "$work"/*.log; do
            [ -s "$file" ] || continue
            echo "--- the end of $file" >&2
            tail -n 30 "$file" >&2
        done
    fi
    if [ -n "${WPB_KEEP:-}" ]; then
        echo "left: $work" >&2
    else
        rm -rf "$work"
    fi
    [ -z "$failure" ] || echo "$failure" >&2
    exit "$1"
}

# fail WHY...: said after the logs, as the last thing a reader sees.
fail() {
    failure="$(basename "$0"): $*"
    exit 1
}

is_running() {
    kill -0 "$1" 2>/dev/null
}

# stop_server PID: politely (masters end their workers), then not.
stop_server() {
    is_running "$1" || return 0
    kill "$1"
    stop_tries=0
    while is_running "$1"; do
        stop_tries=$((stop_tries + 1))
        if [ "$stop_tries" -eq 200 ]; then
            echo "process $1 did not end; killed" >&2
            kill -9 "$1"
        fi
        sleep 0.05
    done
    wait "$1" 2>/dev/null || return 0 # its exit code says "was asked to end"
}

# wait_for WHAT PID COMMAND...: until COMMAND succeeds; fails when the server PID is
# gone or after 60 s.
wait_for() {
    wait_what=$1 wait_pid=$2
    shift 2
    wait_tries=0
    until "$@" >/dev/null 2>&1; do
        is_running "$wait_pid" || fail "$wait_what ended at once"
        wait_tries=$((wait_tries + 1))
        [ "$wait_tries" -lt 1200 ] || fail "$wait_what did not answer in 60 s"
        sleep 0.05
    done
}

# need COMMAND...: one that is missing is a failure of the test, never a skip.
need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is not installed; sh tests/run.sh installs it"
    done
}

redis_pong() {
    # Any answer will do, also "NOAUTH".
    redis-cli -s "$1" PING | grep -q .
}

# start_redis NAME [ARGUMENT...]: a server on $work/NAME.sock. Sets redis_pid.
start_redis() {
    redis_name=$1
    shift
    redis-server --port 0 --unixsocket "$work/$redis_name.sock" --unixsocketperm 777 \
        --save '' --appendonly no --dir "$work" --logfile "$work/$redis_name.log" \
        --enable-debug-command local "$@" &
    redis_pid=$!
    server_pids="$server_pids $redis_pid"
    wait_for "redis-server $redis_name" "$redis_pid" redis_pong "$work/$redis_name.sock"
}

# MySQL's own server, by its path in WPB_TEST_MYSQLD, takes the place of MariaDB.
if [ -n "${WPB_TEST_MYSQLD:-}" ]; then
    mariadb_server=$WPB_TEST_MYSQLD
    mariadb_client=mysql
    mariadb_arguments='--innodb-redo-log-capacity=64M --log-error-verbosity=1 --mysqlx=off --sql-mode=STRICT_TRANS_TABLES --secure-file-priv='
else
    mariadb_server=mariadbd
    mariadb_client=mariadb
    mariadb_arguments='--innodb-log-file-size=4M --innodb-temp-data-file-path=ibtmp1:4M:autoextend'
fi

install_mariadb() {
    if [ -n "${WPB_TEST_MYSQLD:-}" ]; then
        "$mariadb_server" --no-defaults --initialize-insecure --user="$(id -un)" \
            --datadir="$1"
    else
        need mariadb-install-db
        mariadb-install-db --no-defaults --datadir="$1" --skip-test-db \
            --skip-name-resolve --auth-root-authentication-method=normal \
            --innodb-log-file-size=4M --user="$(id -un)"
    fi
}

# start_mariadb NAME [ARGUMENT...]: a server on $work/NAME.sock with root and no
# password, its data in $work/NAME, and small. Sets mariadb_pid.
start_mariadb() {
    mariadb_name=$1
    shift
    need "$mariadb_server" "$mariadb_client"
    if [ ! -d "$work/mariadb-empty" ]; then
        install_mariadb "$work/mariadb-empty" >"$work/mariadb-install.log" 2>&1 ||
            fail "the server's data folder could not be made"
    fi
    cp -a "$work/mariadb-empty" "$work/$mariadb_name"
    restart_mariadb "$mariadb_name" "$@"
}

# restart_mariadb NAME [ARGUMENT...]: the same server again, after stop_server, with its
# buffer pool empty.
restart_mariadb() {
    mariadb_name=$1
    shift
    # shellcheck disable=SC2086
    "$mariadb_server" --no-defaults --datadir="$work/$mariadb_name" \
        --socket="$work/$mariadb_name.sock" --pid-file="$work/$mariadb_name.pid" \
        --log-error="$work/$mariadb_name.log" --skip-networking --skip-name-resolve \
        --skip-log-bin --user="$(id -un)" --character-set-server=utf8mb4 \
        --innodb-buffer-pool-load-at-startup=0 --max-allowed-packet=64M --innodb-buffer-pool-size=32M \
        --innodb-flush-log-at-trx-commit=0 $mariadb_arguments "$@" >>"$work/$mariadb_name.log" 2>&1 &
    mariadb_pid=$!
    server_pids="$server_pids $mariadb_pid"
    chmod 711 "$work/$mariadb_name"
    wait_for "$mariadb_server $mariadb_name" "$mariadb_pid" mariadb_root "$mariadb_name" \
        -e 'DO 0'
}

# mariadb_root NAME [ARGUMENT...]: the client, as root; SQL comes on stdin or with -e.
mariadb_root() {
    mariadb_root_name=$1
    shift
    "$mariadb_client" --no-defaults --batch --skip-column-names -uroot \
        --default-character-set=utf8mb4 --socket="$work/$mariadb_root_name.sock" "$@"
}

# mariadb_wordpress NAME SCHEMA PREFIX [woocommerce]: the tables probes read, and the
# account wpbloat with the rights of packaging/grants.sql; its password is in
# $work/NAME.password.
mariadb_wordpress() {
    mariadb_files=wordpress_schema.sql
    mariadb_optional='^$'
    if [ "${4:-}" = woocommerce ]; then
        mariadb_files='wordpress_schema.sql woocommerce_schema.sql'
        mariadb_optional='^-- GRANT SELECT'
    fi
    mariadb_tests=$(cd "$(dirname "$0")/.." && pwd)
    for mariadb_file in $mariadb_files; do
        sed -e "s/{schema}/$2/g" -e "s/{prefix}/$3/g" -e 's/{charset}/utf8mb4/g' \
            -e 's/{autoload_type}/varchar(20)/' \
            -e 's/{autoload_key}/, KEY autoload (autoload)/' -e 's/{session_key}//' \
            "$mariadb_tests/unit/$mariadb_file" | mariadb_root "$1" ||
            fail "$mariadb_file was refused"
    done
    echo "pa ss'word" >"$work/$1.password"
    chmod 600 "$work/$1.password"
    sed -e "/$mariadb_optional/s/^-- //" -e "s/\`wordpress\`\.\`wp_/\`$2\`.\`$3/" \
        -e "s/CHOOSE-A-PASSWORD/pa ss''word/" "$mariadb_tests/../packaging/grants.sql" |
        mariadb_root "$1" || fail "grants.sql was refused"
}

# start_php_fpm CONFIG SOCKET: the newest PHP there is.
start_php_fpm() {
    php_fpm=$(find /usr/sbin -name 'php-fpm[0-9]*' | sort -V | tail -n 1)
    [ -n "$php_fpm" ] || fail "php-fpm is not installed; sh tests/run.sh installs it"
    "$php_fpm" --nodaemonize --fpm-config "$1" >>"$work/php-fpm.log" 2>&1 &
    php_fpm_pid=$!
    server_pids="$server_pids $php_fpm_pid"
    wait_for php-fpm "$php_fpm_pid" test -S "$2"
}

# start_nginx CONFIG SOCKET
start_nginx() {
    nginx -p "$work" -e "$work/nginx.log" -c "$1" -g 'daemon off;' &
    nginx_pid=$!
    server_pids="$server_pids $nginx_pid"
    wait_for nginx "$nginx_pid" test -S "$2"
}
