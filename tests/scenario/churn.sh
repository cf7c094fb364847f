#!/bin/sh
# churn.sh WPBLOAT - somebody rewrites a large alloptions all the time: the scan says
# which key, how often and how many bytes, without a look at a value, and says nothing
# of it when nobody writes.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php "$python"

start_redis redis
socket=$work/redis.sock
uri=unix://$socket
php "$here/notoptions.php" "$socket" 0 10

# Quiet: no finding, no subscriber left behind.
run quiet "$wpbloat" scan --redis "$uri" --prefix wp: --format json --fail-on never
expect_code quiet 0
expect_report quiet
expect_json quiet \
    "'cache.write_churn' not in [f['code'] for f in d['findings']]" \
    "one(d['coverage'], probe='redis.churn')['status'] == 'ok'" \
    "one(d['coverage'], probe='redis.churn')['done'] == 0"
[ "$(redis-cli -s "$socket" INFO clients | tr -d '\r' | sed -n 's/^tracking_clients://p')" = 0 ] ||
    fail "a tracking client was left behind"

# A megabyte, again and again, and a name that would like to be a command.
touch "$work/writing"
php -r '[ , $socket, $flag ] = $argv;
    $redis = new Redis();
    $redis->connect( $socket );
    $value = serialize( array( "kestrel_log" => str_repeat( "a secret line\n", 75000 ) ) );
    while ( file_exists( $flag ) ) {
        $redis->set( "wp:options:alloptions", $value );
        $redis->set( "wp:transient:\n\x1b[31mred\r\n", $value );
        clearstatcache();
        usleep( 10000 );
    }' "$socket" "$work/writing" &
writer_pid=$!
server_pids="$server_pids $writer_pid"

for prefix in '--prefix wp:' ''; do
    for format in json text; do
        # shellcheck disable=SC2086
        run "churn-$format" "$wpbloat" scan --redis "$uri" $prefix --format "$format" --fail-on never
        expect_code "churn-$format" 0
        expect_clean "churn-$format"
        expect_no_line "churn-$format" out 'a secret line'
    done
    expect_report churn-json
    expect_json churn-json \
        "f['cache.write_churn']['severity'] in ('warning', 'critical')" \
        "any(x['code'] == 'cache.write_churn' and x['subject']['name'] == 'wp:options:alloptions' and x['evidence']['written_bytes_per_second'] > 1 << 20 for x in d['findings'])" \
        "all(x['provenance']['writes_per_second'] == 'estimated' for x in d['findings'] if x['code'] == 'cache.write_churn')"
    expect_line churn-text out 'written again and again'
done

rm "$work/writing"
wait "$writer_pid" || fail "the writer failed"

# Without the right to it, or on a server that does not know it, the rest stands.
redis-cli -s "$socket" ACL SETUSER default '-client|tracking' >/dev/null
run denied "$wpbloat" scan --redis "$uri" --prefix wp: --format json --fail-on never
expect_code denied 0
expect_json denied \
    "one(d['coverage'], probe='redis.churn')['status'] == 'unavailable'" \
    "'redis-acl.txt' in one(d['coverage'], probe='redis.churn')['reason']" \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "'cache.write_churn' not in [x['code'] for x in d['findings']]"
start_redis old --rename-command CLIENT ''
run old "$wpbloat" scan --redis "unix://$work/old.sock" --prefix wp: --format json --fail-on never
expect_code old 0
expect_json old \
    "one(d['coverage'], probe='redis.churn')['status'] == 'skipped'" \
    "'needs Redis 6' in one(d['coverage'], probe='redis.churn')['reason']"
