#!/bin/sh
# request-logs.sh REQUEST_LINES POOL_PROBES - the logs that real php-fpm and nginx write
# about the same requests, hostile ones among them, as our readers and probes take them.
set -eu

lines=$1
probes=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need nginx curl "$lines" "$probes"

url=http://shop.example.test
docroot=$work/www
if [ "$(id -u)" -eq 0 ]; then
    web_user=www-data
else
    web_user=$(id -un)
fi
json='{"t":"$msec","m":"$request_method","u":"$request_uri","s":$status,"rt":$request_time,"urt":"$upstream_response_time","cs":"$upstream_cache_status","ua":"$http_user_agent","h":"$host"}'
times='$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_response_time'
example='%R - %u %t "%m %r%Q%q" %s %f %{milli}d %{kilo}M %C%%'
ours=$("$lines" format)
# as the package has it
recommended=$(sed -n "s/^log_format wpbloat '\(.*\)';\$/\1/p" \
    "$here/../../packaging/nginx/wpbloat-log-format.conf")
[ -n "$recommended" ] || fail "the package has no log_format"
grep -Fqx "access.format = \"$ours\"" "$here/../../packaging/php-fpm/wpbloat-pool.conf" ||
    fail "the package has another access.format"

# ---- the site: a plugin that does what the query asks for ----

plugin=$docroot/wp-content/plugins/kestrel-pricing
mkdir -p "$plugin" "$docroot/wp-includes"
cat >"$docroot/index.php" <<'PHP'
<?php
header( 'X-Shop-Queries: 42' );
require __DIR__ . '/wp-includes/plugin.php';
PHP
cat >"$docroot/wp-includes/plugin.php" <<'PHP'
<?php
require dirname( __DIR__ ) . '/wp-content/plugins/kestrel-pricing/kestrel.php';
call_user_func( 'kestrel_run' );
PHP
cat >"$plugin/kestrel.php" <<'PHP'
<?php
function kestrel_wait( $seconds ) {
	sleep( $seconds );
}
function kestrel_run() {
	switch ( $_GET['do'] ?? '' ) {
		case 'wait':
			kestrel_wait( 3 );
			break;
		case 'memory':
			return str_repeat( 'x', 64 << 20 );
		case 'throw':
			throw new RuntimeException( 'no such product' );
		case 'burn':
			for ( $end = hrtime( true ) + 3e8; hrtime( true ) < $end; ) {
				md5( 'kestrel' );
			}
	}
	echo "done\n";
}
PHP

# ---- the servers ----

# pool NAME FORMAT-LINE: a pool with one worker on $work/NAME.sock
pool() {
    cat <<CONF
[$1]
user = $web_user
group = $(id -gn "$web_user")
listen = $work/$1.sock
listen.mode = 0666
pm = static
pm.max_children = 1
access.log = $work/$1.access
catch_workers_output = yes
php_admin_value[memory_limit] = 32M
php_admin_flag[log_errors] = on
$2
CONF
}

{
    printf '[global]\nerror_log = %s/fpm-errors.log\n' "$work"
    pool ours "access.format = \"$ours\"
slowlog = $work/slow
request_slowlog_timeout = 1s
php_admin_value[error_log] = $work/php-errors"
    pool default ''
    pool example "access.format = '$example'"
    pool counts 'access.format = "%{%s}T %{X-Shop-Queries}o %{micro}d"'
} >"$work/php-fpm.conf"
: >"$work/php-errors"
chmod 666 "$work/php-errors"

{
    [ "$(id -u)" -ne 0 ] || echo "user $web_user;"
    cat <<CONF
pid $work/nginx.pid;
worker_processes 1;
events {
    worker_connections 64;
}
http {
    log_format json escape=json '$json';
    log_format times '$times';
    log_format wpbloat '$recommended';
    access_log $work/nginx.json json;
    access_log $work/nginx.times times;
    access_log $work/nginx.wpbloat wpbloat;
    error_log $work/nginx-errors;
    client_body_temp_path $work/nginx-body;
    fastcgi_temp_path $work/nginx-fastcgi;
    proxy_temp_path $work/nginx-proxy;
    scgi_temp_path $work/nginx-scgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    map \$http_x_pool \$pool {
        default unix:$work/ours.sock;
        ~^(default|example|counts)\$ unix:$work/\$1.sock;
    }
    upstream two {
        server unix:$work/nobody.sock;
        server unix:$work/ours.sock backup;
    }
    fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    include /etc/nginx/fastcgi_params;
    server {
        listen unix:$work/http.sock;
        root $docroot;
        index index.php;
        location / {
            try_files \$uri \$uri/ /index.php?\$args;
        }
        location /two {
            fastcgi_pass two;
            fastcgi_param SCRIPT_FILENAME $docroot/index.php;
            include /etc/nginx/fastcgi_params;
        }
        location ~ \\.php\$ {
            fastcgi_pass \$pool;
        }
    }
}
CONF
} >"$work/nginx.conf"

echo picture >"$docroot/logo.png"
start_php_fpm "$work/php-fpm.conf" "$work/counts.sock"
start_nginx "$work/nginx.conf" "$work/http.sock"

# visit PATH [ARGUMENT...]
visit() {
    visit_path=$1
    shift
    curl -sS --max-time 60 --path-as-is -o "$work/page" --unix-socket "$work/http.sock" \
        "$@" "$url$visit_path"
}

# read_log NAME ARGUMENT...: our reader's words about $work/NAME
read_log() {
    read_name=$1
    shift
    code=0
    "$lines" "$@" <"$work/$read_name" >"$work/$read_name.out" 2>"$work/$read_name.err" ||
        code=$?
    expect_code "$read_name" 0
}

"$lines" follow "$work/ours.access" "$work/place" >"$work/follow.out"
expect_line follow out '^caught-up lines=0 '

# ---- the same requests to every pool ----

long=$(head -c 3000 /dev/zero | tr '\0' y)
for pool in ours default example counts; do
    visit '/product/blue-shirt/?colour=blue' -H "X-Pool: $pool"
    visit '/?wc-ajax=checkout' -H "X-Pool: $pool" -d 'a=1'
    visit '/?do=burn' -H "X-Pool: $pool"
    visit '/?do=throw' -H "X-Pool: $pool"
    visit '/?do=memory' -H "X-Pool: $pool"
    visit '/wp-cron.php' -H "X-Pool: $pool"
    visit "/a\"%20b/?x='\"'" -H "X-Pool: $pool"
    visit '/nothing%22%20200%0A17.php?x=1' -H "X-Pool: $pool"
    visit "/cart/?long=$long" -H "X-Pool: $pool"
done
visit /logo.png -A 'a "b\ é'
visit /two
visit '/?do=wait'

# ---- PHP-FPM ----

read_log ours.access fpm "$ours"
read='^read route='
expect_line ours.access out "${read}product .*status=200 .*method=\"GET\" path=\"/product/blue-shirt/\" query=\"colour=blue\" host=\"shop.example.test\" script=\"$docroot/index.php\""
expect_line ours.access out "${read}wc_ajax .* pool=\"ours\" method=\"POST\""
expect_line ours.access out "${read}front_page .*status=500 .* query=\"do=throw\""
expect_line ours.access out "${read}front_page .*status=500 .* query=\"do=memory\""
expect_line ours.access out "${read}cron .*status=404 .* script=\"\"$"
expect_line ours.access out "${read}other .* path=\"/a\"%20b/\" "
expect_line ours.access out "${read}other .*status=404 .* path=\"/nothing%22%20200%0A17.php\""
expect_line ours.access out '^cut route=cart .*status=200 .* path="/cart/" .* host="" script=""$'
expect_no_line ours.access out '^(no-match|ambiguous)| rewritten'
awk '/do=burn/ { if (!match($0, /cpu_us=[0-9]+/)) exit 1
                 cpu = substr($0, RSTART + 7, RLENGTH - 7) }
     END { exit !(cpu + 0 > 50000) }' "$work/ours.access.out" ||
    fail "300 ms of burning took no CPU by the log"

read_log default.access fpm '%R - %u %t "%m %r" %s'
expect_line default.access out '^read route=other rewritten .*status=200 .* path="/index.php"'
# a visitor's newline makes two lines, of which the first may look whole
expect_line default.access out '^no-match '
expect_no_line default.access out 'route=product|front_page'

read_log example.access fpm "$example"
expect_line example.access out '^read route=wc_ajax rewritten .* path="/index.php" query="wc-ajax=checkout"'
expect_line example.access out "^read .*memory=2097152 .* script=\"$docroot/index.php\""

read_log counts.access fpm '%{%s}T %{X-Shop-Queries}o %{micro}d'
expect_line counts.access out '^read .* queries=42 '

# ---- nginx ----

read_log nginx.json json "$json"
expect_line nginx.json out "${read}product .*status=200 tries=1 .* path=\"/product/blue-shirt/\" query=\"colour=blue\" host=\"shop.example.test\""
expect_line nginx.json out "${read}other .*status=200 tries=0 .* path=\"/logo.png\""
expect_line nginx.json out "${read}other .*status=200 tries=2 .* path=\"/two\""
expect_no_line nginx.json out '^(no-match|ambiguous|cut)'
read_log nginx.times nginx "$times"
expect_line nginx.times out "${read}other .*status=200 tries=0 .* path=\"/logo.png\""
expect_line nginx.times out "${read}other .*status=200 tries=2 .* path=\"/two\""
expect_no_line nginx.times out '^(no-match|ambiguous|cut)'
requests=$(wc -l <"$work/nginx.json")
[ "$(grep -c '^read' "$work/nginx.json.out")" -eq "$requests" ] ||
    fail "not every line of nginx was read"

# ---- who was slow, and what ended early ----

read_log slow slow
expect_line slow out '^pool=ours .* doing=sleep component=plugin:kestrel-pricing file=wp-content/plugins/kestrel-pricing/kestrel.php line=3 function=kestrel_wait script=.*/index.php$'

read_log php-errors errors
place="file=\"$plugin/kestrel.php\""
expect_line php-errors out "^memory_exhausted dated line=11 limit=33554432 tried=[0-9]+ component=plugin:kestrel-pricing $place"
expect_line php-errors out "^uncaught dated line=13 .* $place"
# in the log of FPM's master, through a pipe, and in nginx's, through FastCGI
for name in fpm-errors.log nginx-errors; do
    read_log "$name" errors
    expect_line "$name" out "^memory_exhausted line=11 limit=33554432 .* $place"
    expect_line "$name" out "^uncaught line=13 .* $place"
done

# ---- rotation, as logrotate does it ----

"$lines" follow "$work/ours.access" "$work/place" >"$work/follow.out"
[ "$(grep -c '^line' "$work/follow.out")" -eq "$(wc -l <"$work/ours.access")" ] ||
    fail "not every line was followed"
mv "$work/ours.access" "$work/ours.access.1"
kill -USR1 "$php_fpm_pid"
wait_for php-fpm "$php_fpm_pid" test -e "$work/ours.access"
visit '/checkout/'
wait_for php-fpm "$php_fpm_pid" test -s "$work/ours.access"
"$lines" follow "$work/ours.access" "$work/place" >"$work/follow.out"
expect_line follow out '/checkout/'
expect_line follow out '^caught-up lines=1 rotations=1 '

# ---- the probes, on the same logs ----

# probes_of POOL [ARGUMENT...]
probes_of() {
    probes_pool=$1
    shift
    code=0
    "$probes" "$work/php-fpm.conf" "$probes_pool" 10 "$@" >"$work/probes.out" \
        2>"$work/probes.err" || code=$?
    expect_code probes 0
}

# Windows that are whole: some twenty seconds of one visitor at a time, then of two, who
# share the pool's one worker. The wait is that of the second.
end=$(($(date +%s) + 45))
while [ "$(date +%s)" -lt "$end" ]; do
    visit '/product/blue-shirt/' &
    first=$!
    visit '/?do=burn'
    wait "$first"
done
sleep 11
probes_of ours "$work/nginx.wpbloat" nginx-recommended
expect_line probes out '^coverage requests.log ok reason=""'
expect_line probes out '^coverage requests.slow ok reason=""'
expect_line probes out '^coverage requests.errors ok reason=""'
expect_line probes out '^pool name="ours" max_children=1 pool_manager="static" request_source="PHP-FPM, .*/ours.access" requests=[0-9]+ .*slow_traces=[1-9]'
expect_line probes out '^route name="product" requests=[1-9][0-9]* failed_requests=0 request_peak_bytes=2097152 '
# on a busy machine others are slow as well as the one that sleeps
expect_line probes out '^component name="plugin:kestrel-pricing" share_ratio=[01].* source_file="wp-content/plugins/kestrel-pricing/kestrel.php" source_line=[1-9].* slow_traces=[1-9].* code_function="kestrel_(wait|run)" code_doing="[a-z]'
expect_line probes out '^place name="memory_exhausted wp-content/plugins/kestrel-pricing/kestrel.php:11" .*source_component="plugin:kestrel-pricing" .*errors_day=[1-9][0-9]* .*limit_bytes=33554432 '
expect_line probes out '^place name="uncaught wp-content/plugins/kestrel-pricing/kestrel.php:13" '
awk '/^row / { rows++
               for (i = 2; i <= NF; i++) { split($i, pair, "="); of[pair[1]] = pair[2] }
               if (of["busy_s"] > 0.5 && of["cpu_s"] > 0 && of["queue_wait_s"] > 0.05) busy++ }
     END { exit !(rows >= 3 && busy >= 2) }' "$work/probes.out" || {
    cat "$work/probes.out" >&2
    fail "no windows of work, or none in which the second visitor waited"
}

# Without our format and a log of slow requests: what is known is told, and what to add.
probes_of default
expect_line probes out '^coverage requests.log partial reason="access.format of pool default does not tell how long .*" lines=".*access.format = '
expect_line probes out '^coverage requests.slow skipped reason=".*" lines=".*slowlog = '
expect_line probes out '^coverage requests.errors ok '
expect_line probes out '^place name="memory_exhausted wp-content/plugins/kestrel-pricing/kestrel.php:11" '
