#!/bin/sh
# load.sh WPBLOAT - a real nginx and php-fpm under `wpbloat load`: four workers of 100 ms
# break above 40 requests a second, and what is not the operator's is left alone.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need nginx curl redis-server "$wpbloat"

docroot=$work/www
if [ "$(id -u)" -eq 0 ]; then
    web_user=www-data
else
    web_user=$(id -un)
fi
mkdir -p "$docroot"

# ---- the site: five queries, three commands to the cache and 100 ms a page ----

cat >"$docroot/index.php" <<PHP
<?php
\$db = mysqli_connect('localhost', 'shop', '', 'shop', 0, '$work/shop.sock');
for (\$i = 0; \$i < 5; \$i++) {
	mysqli_query(\$db, 'SELECT * FROM wp_options WHERE option_id = 1');
}
\$cache = stream_socket_client('unix://$work/cache.sock');
for (\$i = 0; \$i < 3; \$i++) {
	fwrite(\$cache, "GET wp:options:alloptions\r\n");
	fgets(\$cache);
	fread(\$cache, 1002);
}
usleep(100000);
echo "a page\n";
PHP
# Once is well, so that it is admitted.
cat >"$docroot/fails.php" <<PHP
<?php
if (file_exists('$work/seen')) {
	http_response_code(500);
}
touch('$work/seen');
echo "so it is\n";
PHP
mkdir -m 777 "$work/open"
sed -i "s|$work/seen|$work/open/seen|" "$docroot/fails.php"

start_redis cache
redis-cli -s "$work/cache.sock" SET wp:options:alloptions "$(head -c 1000 /dev/zero | tr '\0' x)" \
    >/dev/null
start_mariadb shop
mariadb_root shop <<'SQL'
CREATE DATABASE shop;
CREATE TABLE shop.wp_options (option_id int PRIMARY KEY, option_value text);
INSERT INTO shop.wp_options VALUES (1, 'a value');
CREATE USER shop@localhost;
GRANT SELECT ON shop.* TO shop@localhost;
SQL
chmod 777 "$work/shop.sock"

cat >"$work/php-fpm.conf" <<CONF
[global]
error_log = $work/fpm-errors.log
[shop]
user = $web_user
group = $(id -gn "$web_user")
listen = $work/php.sock
listen.mode = 0666
pm = static
pm.max_children = 4
CONF

port=$("$python" -c 'import socket
s = socket.socket(); t = socket.socket()
s.bind(("127.0.0.1", 0)); t.bind(("127.0.0.1", 0))
print(s.getsockname()[1], t.getsockname()[1])')
elsewhere=${port#* }
port=${port% *}
{
    [ "$(id -u)" -ne 0 ] || echo "user $web_user;"
    cat <<CONF
pid $work/nginx.pid;
worker_processes 1;
events {
    worker_connections 1024;
}
http {
    log_format agent '\$status "\$http_user_agent" \$request_uri';
    error_log $work/nginx-errors;
    client_body_temp_path $work/nginx-body;
    fastcgi_temp_path $work/nginx-fastcgi;
    proxy_temp_path $work/nginx-proxy;
    scgi_temp_path $work/nginx-scgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    server {
        listen 127.0.0.1:$port;
        listen unix:$work/http.sock;
        access_log $work/nginx.access agent;
        root $docroot;
        index index.php;
        location = /away {
            return 302 http://127.0.0.1:$elsewhere/;
        }
        location ~ \\.php\$ {
            fastcgi_pass unix:$work/php.sock;
            fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
            include /etc/nginx/fastcgi_params;
        }
    }
    server {
        listen 127.0.0.1:$elsewhere;
        access_log $work/elsewhere.access agent;
        return 200;
    }
}
CONF
} >"$work/nginx.conf"
start_php_fpm "$work/php-fpm.conf" "$work/php.sock"
start_nginx "$work/nginx.conf" "$work/http.sock"

site=http://127.0.0.1:$port
own="--i-own-this-site 127.0.0.1 --agent unix:$work/no-agent.sock"

# load NAME ARGUMENT...: run `wpbloat load`; after another one of this machine, if there
# is one.
load() {
    load_tries=0
    load_name=$1
    shift
    run "$load_name" "$wpbloat" load "$@"
    while grep -q 'another wpbloat load is running' "$work/$load_name.err"; do
        load_tries=$((load_tries + 1))
        [ "$load_tries" -lt 300 ] || fail "another wpbloat load runs for minutes"
        sleep 0.5
        run "$load_name" "$wpbloat" load "$@"
    done
}

# ---- what is refused, before anything is sent ----

load usage
expect_code usage 64
expect_line usage err 'needs the URL'
load rates "$site/" --i-own-this-site 127.0.0.1 --rate 5,2
expect_code rates 64
expect_line rates err 'rates must rise'
load bounds "$site/" --i-own-this-site 127.0.0.1 --rate 200 --step-seconds 61
expect_code bounds 64

load unsaid "$site/" --agent "unix:$work/no-agent.sock"
expect_code unsaid 3
expect_line unsaid err 'only its owner may.*--i-own-this-site 127.0.0.1'
load other "$site/" --i-own-this-site shop.example
expect_code other 3
# A group's address is no machine's, and the kernel sends nothing to it over TCP.
load foreign http://239.255.0.1:1/ --i-own-this-site 239.255.0.1
expect_code foreign 3
expect_line foreign err "not this machine's.*put the line [0-9a-f]{32} into http://239.255.0.1:1/.well-known/wpbloat-load.txt"
[ ! -s "$work/nginx.access" ] || fail "a request was sent for a host that nobody owns"

# shellcheck disable=SC2086
load away "$site/away" $own
expect_code away 3
expect_line away err "302 and leads to http://127.0.0.1:$elsewhere/, which is not followed"
[ ! -s "$work/elsewhere.access" ] || fail "a redirect was followed"

# ---- an alert fires ----

"$python" -c 'n = 40000; print("a:%d:{%s}" % (n, "".join("s:24:\"kestrel_tariff_v2_%06x\";b:1;"
    % i for i in range(n))), end="")' |
    redis-cli -s "$work/cache.sock" -x SET wp:options:notoptions >/dev/null
cat >"$work/agent.conf" <<CONF
[agent]
state = $work/state
listen = unix:$work/agent.sock
sites = none
interval = 1s
[site sick]
redis = unix://$work/cache.sock
redis_prefix = wp:
memory_limit = 128M
CONF
chmod 600 "$work/agent.conf"
"$wpbloat" agent --config "$work/agent.conf" >"$work/agent.log" 2>&1 &
agent_pid=$!
server_pids="$server_pids $agent_pid"
is_firing() {
    curl -s --unix-socket "$work/agent.sock" http://localhost/healthz |
        grep -q '"alerts_firing":[1-9]'
}
wait_for "an alert of the agent" "$agent_pid" is_firing
load alert "$site/" --i-own-this-site 127.0.0.1 --agent "unix:$work/agent.sock"
expect_code alert 3
expect_line alert err 'the agent of this host has [0-9]+ alerts firing'
grep -q '' "$work/nginx.access" && [ "$(grep -cv ' /away$' "$work/nginx.access")" -gt 0 ] &&
    fail "a page was loaded though an alert fires"

stop_server "$agent_pid"
redis-cli -s "$work/cache.sock" DEL wp:options:notoptions >/dev/null

# ---- errors stop it ----

# shellcheck disable=SC2086
load errors "$site/fails.php" $own --rate 20 --step-seconds 30 \
    --fpm "$work/php.sock" --format json
expect_code errors 2
expect_json errors 'd["steps"][-1]["stopped_by"] == "server_errors"' \
    'd["steps"][-1]["seconds"] < 15' 'd["knee"]["why"] == "stopped"'
[ "$(grep -c ' /fails.php$' "$work/nginx.access")" -lt 300 ] || fail "it was not stopped"

# ---- the knee ----

# A step that the machine itself was too slow for says so, and is done again.
for try in 1 2 3; do
    # shellcheck disable=SC2086
    load knee "$site/index.php" $own --rate 10,52 --step-seconds 4 \
        --warmup-seconds 1 --stop-queue 250 --stop-p99 20s --fpm "$work/php.sock" \
        --mysql "mysql+unix://$work/shop.sock?db=shop&user=shop" \
        --redis "unix://$work/cache.sock" --format json
    grep -q '"verdict": "invalid"' "$work/knee.out" || break
    echo "try $try: a step was invalid" >&2
done
[ "$code" -eq 1 ] || [ "$code" -eq 2 ] || { show knee; fail "no step broke: $code"; }
"$python" "$repository/tests/lint/validate_json.py" "$repository/docs/load.schema.json" \
    "$work/knee.out" >&2 || fail "not a valid document"
# The pool does 40 a second at most, on a machine of any speed.
expect_json knee 'd["workers"] == 4' 'd["pool"].startswith("shop")' \
    'not d["pool_idle"]' 'd["knee"]["high_per_second"] <= 52' \
    'd["knee"]["rate_per_second"] is None or d["knee"]["rate_per_second"] < 52' \
    'd["steps"][-1]["achieved_per_second"] < 44' \
    'd["steps"][-1]["use"]["workers_busy_most"] in (3, 4)' \
    'd["steps"][-1]["use"]["queue_most"] > 0' \
    'd["knee"]["first"] in ("php_workers", "cpu", "unknown")' \
    'd["not_measured"]["mysql"] is None and d["not_measured"]["redis"] is None' \
    'all(4 <= s["per_request"]["queries"] <= 9 for s in d["steps"])' \
    'all(2.5 <= s["per_request"]["cache_commands"] <= 4.5 for s in d["steps"])' \
    'all(2500 <= s["per_request"]["cache_out_bytes"] <= 6000 for s in d["steps"])' \
    'all(s["outcomes"]["answered"] > 0 for s in d["steps"])'
grep -q '^200 "wpbloat-load/[0-9.]* (+127.0.0.1)" /index.php$' "$work/nginx.access" ||
    fail "the requests do not say who asks"

# shellcheck disable=SC2086
load text "$site/index.php" $own --rate 5 --step-seconds 2 \
    --warmup-seconds 0 --slo 20s --fpm "$work/php-fpm.conf"
expect_clean text
expect_line text out '^ *Rate +Offered +Achieved +Dropped +Failed +p50 +p95 +p99 +Verdict$'
expect_line text out '^ *MySQL +not asked: '
expect_line text out 'of 4 workers$'

# ---- Ctrl-C ends a step, and what was seen is printed ----

# shellcheck disable=SC2086
"$wpbloat" load "$site/index.php" $own --rate 5 --step-seconds 60 --warmup-seconds 0 \
    --fpm "$work/php.sock" --format json >"$work/stop.out" 2>"$work/stop.err" </dev/null &
load_pid=$!
before=$(wc -l <"$work/nginx.access")
wait_for "wpbloat load" "$load_pid" \
    sh -c "[ \$(wc -l <'$work/nginx.access') -gt $((before + 8)) ]"
kill -TERM "$load_pid"
code=0
wait "$load_pid" || code=$?
expect_json stop 'd["interrupted"]' 'd["steps"][0]["seconds"] < 59' \
    'd["steps"][0]["outcomes"]["answered"] > 0' \
    'd["steps"][0]["stopped_by"] == "interrupted"'
