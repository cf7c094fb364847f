#!/bin/sh
# hostile.sh WPBLOAT - names, values, servers and files that mean no good. Each scan
# ends by itself, with an exit code and a line of coverage that say what happened, in
# output fit for a terminal, and in little memory.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php timeout "$python"
[ -x /usr/bin/time ] || fail "GNU time is not installed; sh tests/run.sh installs it"
# Of a build with AddressSanitizer; a 512 MB value fetched whole would show anyway.
peak_limit_kib=${WPB_PEAK_LIMIT_KIB:-262144}

# scan NAME ARGUMENT...: within 60 s, in little memory, as json and as text.
scan() {
    scan_name=$1
    shift
    for format in text json; do
        run "$scan_name-$format" timeout 60 /usr/bin/time -q -o "$work/peak" -f %M \
            "$wpbloat" scan --format "$format" "$@"
        [ "$code" -ne 124 ] || fail "$scan_name: did not end within 60 s"
        [ "$code" -le 3 ] || {
            show "$scan_name-$format"
            fail "$scan_name: exit code $code"
        }
        expect_clean "$scan_name-$format"
        [ "$(cat "$work/peak")" -lt "$peak_limit_kib" ] ||
            fail "$scan_name: took $(cat "$work/peak") KiB"
    done
    expect_report "$scan_name-json"
}

# unmeasured NAME REASON ARGUMENT...: nothing could be seen, and the reason is told.
unmeasured() {
    scan_reason=$2
    scan_name=$1
    shift 2
    scan "$scan_name" "$@"
    expect_code "$scan_name-json" 3
    expect_line "$scan_name-text" out "$scan_reason"
    expect_json "$scan_name-json" \
        "all(c['status'] != 'ok' for c in d['coverage'] if not c['probe'].startswith('host.'))" \
        "any(c['status'] in ('unavailable', 'partial') and c['reason'] for c in d['coverage'])"
}

start_redis redis --maxmemory 256mb --maxmemory-policy volatile-lru
socket=$work/redis.sock
uri=unix://$socket

# Names: the finding stands, people are masked, a report is one line where it says so.
php "$here/hostile/names.php" "$socket"
scan names --redis "$uri" --top 100
expect_json names-json \
    "f['cache.notoptions_bloat']['evidence']['entries'] == 16 * 400 + 4 + 17" \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "any('name_hex' in f['subject'] for f in d['findings'])" \
    "max(len(f['subject']['name']) for f in d['findings']) < 1000"
# Only a command to type holds the name as it is: it must work.
masked() {
    if grep -Ev '^ *(redis-cli|wpbloat) ' "$work/$1" | grep -F -e 'victim@example.test' >&2; then
        fail "$1: an address is not masked"
    fi
}
masked names-text.out
masked names-text.err
expect_json names-json \
    "'victim@' not in str([d['tables'], d['sites'], d['coverage']])" \
    "'victim@' not in str([{**finding, 'remedy': None} for finding in d['findings']])"
run names "$wpbloat" scan --redis "$uri" --format ndjson
expect_clean names
expect_json names "'victim@' not in str([{**finding, 'remedy': None} for finding in d])"
run names "$wpbloat" scan --redis "$uri" --format nagios
expect_clean names
masked names.out

# Values: what can be known is said, what cannot be decoded is said too.
php "$here/hostile/values.php" "$socket"
for database in 1 2 3 4 5; do
    scan "value$database" --redis "$uri?db=$database"
    expect_json "value$database-json" \
        "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'"
done
# Nobody packs 2^31 entries into 300 KB: such a count is not passed on. What could be
# walked only in part is marked.
expect_json value1-json "f['cache.notoptions_bloat']['evidence']['entries'] is None"
expect_json value3-json \
    "f['cache.notoptions_bloat']['evidence']['value_bytes'] == 300001" \
    "f['cache.notoptions_bloat']['provenance']['php_read_peak_bytes'] == 'estimated'"
run lie timeout 60 "$wpbloat" explain redis wp:options:notoptions --redis "$uri?db=1" --format json
[ "$code" -le 3 ] || fail "explain: exit code $code"
expect_clean lie
redis-cli -s "$socket" -n 2 GET wp:options:notoptions >"$work/deep.bin"
run deep timeout 60 "$wpbloat" explain file "$work/deep.bin"
[ "$code" -le 3 ] || fail "explain: exit code $code"
expect_clean deep

# 512 MB under one name: judged without being fetched.
start_redis huge
redis-cli -s "$work/huge.sock" SETRANGE wp:options:notoptions 536870911 x >/dev/null
redis-cli -s "$work/huge.sock" SETRANGE wp:options:notoptions 0 'a:9000000:{s:4:"name";b:1;' >/dev/null
before=$(redis-cli -s "$work/huge.sock" INFO stats | tr -d '\r' | sed -n 's/^total_net_output_bytes://p')
scan huge --redis "unix://$work/huge.sock"
after=$(redis-cli -s "$work/huge.sock" INFO stats | tr -d '\r' | sed -n 's/^total_net_output_bytes://p')
expect_code huge-json 2
[ $((after - before)) -lt 300000000 ] || fail "two scans fetched $((after - before)) bytes"
stop_server "$redis_pid"

# Servers that refuse.
unmeasured absent 'no such Redis socket' --redis "unix://$work/nobody.sock"
unmeasured refused 'refused' --redis redis://127.0.0.1:1
start_redis locked --requirepass open-sesame
unmeasured locked 'password|AUTH' --redis "unix://$work/locked.sock"
echo wrong >"$work/wrong"
chmod 600 "$work/wrong"
unmeasured wrong 'password|AUTH|user' --redis "unix://$work/locked.sock" --redis-password-file "$work/wrong"
echo open-sesame >"$work/right"
chmod 600 "$work/right"
php "$here/hostile/values.php" "$socket"
scan right --redis "unix://$work/locked.sock" --redis-password-file "$work/right"
expect_code right-json 0
for file in "$work"/*.out "$work"/*.err; do
    if grep -q open-sesame "$file"; then
        fail "$file holds the password"
    fi
done

# Servers that allow part of it: the rest stands.
php "$here/notoptions.php" "$work/redis.sock" 7 6000
redis-cli -s "$socket" ACL SETUSER noscan on '>pw' '~*' '+@all' -scan >/dev/null
redis-cli -s "$socket" ACL SETUSER nomemory on '>pw' '~*' '+@all' -memory >/dev/null
redis-cli -s "$socket" ACL SETUSER noread on '>pw' '~*' +ping +auth +select +info +scan +memory +client >/dev/null
echo pw >"$work/pw"
chmod 600 "$work/pw"
for user in noscan nomemory noread; do
    mkdir "$work/$user"
    cp -R "$here/incident/site/." "$work/$user"
    sed -e "s|@SOCKET@|$socket|" -e "s|'WP_REDIS_DATABASE', 1|'WP_REDIS_DATABASE', 7|" \
        -e "s|'q7:' . 'prod_'|''|" -e "s|'kx_'|'wp_'|" \
        -e "s|^\\\$table_prefix|define( 'WP_REDIS_PASSWORD', array( '$user', 'pw' ) );\n&|" \
        "$here/incident/site/wp-config.php" >"$work/$user/wp-config.php"
    scan "$user" "$work/$user"
    expect_json "$user-json" \
        "any(c['status'] in ('partial', 'unavailable') and c['reason'] for c in d['coverage'])" \
        "any(c['status'] == 'ok' for c in d['coverage'])"
    expect_no_line "$user-json" out '"pw"'
done
# The watchlist needs no SCAN: the finding stands.
expect_json noscan-json "f['cache.notoptions_bloat']['evidence']['entries'] == 6000"

start_redis renamed --rename-command SCAN '' --rename-command MEMORY ''
php "$here/notoptions.php" "$work/renamed.sock" 0 6000
scan renamed --redis "unix://$work/renamed.sock" --prefix wp:
expect_json renamed-json \
    "one(d['coverage'], probe='redis.keyspace')['status'] in ('unavailable', 'partial')" \
    "f['cache.notoptions_bloat']['evidence']['entries'] == 6000"

# Peers that misbehave.
for mode in loading silent half garbage huge; do
    "$python" "$here/hostile/fake_redis.py" "$work/peer-$mode.sock" "$mode" 2>"$work/fake-$mode.log" &
    fake_pid=$!
    server_pids="$server_pids $fake_pid"
    wait_for "fake_redis $mode" "$fake_pid" test -S "$work/peer-$mode.sock"
    scan "peer-$mode" --redis "unix://$work/peer-$mode.sock" --prefix wp:
    expect_json "peer-$mode-json" \
        "any(c['status'] in ('unavailable', 'partial') and c['reason'] for c in d['coverage'])"
done
expect_line peer-loading-text out 'loading'

# Killed in the middle of a scan.
start_redis victim
php "$here/incident/seed.php" "$work/victim.sock"
"$wpbloat" scan --redis "unix://$work/victim.sock?db=1" --budget low --format json \
    >"$work/victim.out" 2>"$work/victim.err" &
scan_pid=$!
sleep 2
kill -9 "$redis_pid"
code=0
wait "$scan_pid" || code=$?
[ "$code" -le 3 ] || fail "killed mid-scan: exit code $code"
expect_report victim
expect_clean victim
expect_json victim \
    "one(d['coverage'], probe='redis.keyspace')['status'] in ('partial', 'unavailable')" \
    "one(d['coverage'], probe='redis.keyspace')['reason']"

# Configurations that are none.
mkdir -p "$work/fifo/wp-includes" "$work/folder/wp-includes" "$work/folder/wp-config.php" \
    "$work/broken/wp-includes"
for site in fifo folder broken; do
    # shellcheck disable=SC2016
    echo '<?php $wp_version = "6.1.9";' >"$work/$site/wp-includes/version.php"
    : >"$work/$site/wp-load.php"
    : >"$work/$site/wp-settings.php"
done
mkfifo "$work/fifo/wp-config.php"
printf '<?php define( %s, "unterminated\n\033[31m' "'WP_REDIS_HOST'" >"$work/broken/wp-config.php"
for site in fifo folder broken; do
    unmeasured "$site" 'wp-config|object-cache' "$work/$site"
done
