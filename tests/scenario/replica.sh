#!/bin/sh
# replica.sh WPBLOAT - a named replica is read rather than its master, as long as it
# follows it; a replica that has lost its master and a server that loads its data are
# understood. All of them are real servers.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php "$python"

ask() {
    asked=$1
    shift
    redis-cli -s "$work/$asked.sock" "$@" | tr -d '\r'
}

# calls NAME COMMAND: how often that server was asked.
calls() {
    ask "$1" INFO commandstats | sed -n "s/^cmdstat_$2:calls=\([0-9]*\),.*/\1/p" | grep . || echo 0
}

is_linked() {
    ask replica INFO replication | grep -q '^master_link_status:up'
}

master_port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_redis master --port "$master_port" --bind 127.0.0.1 --repl-diskless-sync-delay 0
master_pid=$redis_pid
php "$here/notoptions.php" "$work/master.sock" 3 6000
start_redis replica --replicaof 127.0.0.1 "$master_port" --replica-serve-stale-data no
wait_for "the replica's link" "$redis_pid" is_linked
start_redis alone
master=unix://$work/master.sock?db=3

# scan NAME ARGUMENT...
scan() {
    scan_name=$1
    shift
    run "$scan_name" "$wpbloat" scan "$@" --prefix wp: --memory-limit 128M --format json \
        --fail-on never
    expect_code "$scan_name" 0
    expect_clean "$scan_name"
    expect_report "$scan_name"
}

# The keys are read from the replica, and what is to be typed goes to the master.
scan preferred --redis "$master" --redis-replica "unix://$work/replica.sock"
expect_json preferred \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "one(d['coverage'], probe='redis.keyspace')['reason'] == 'read from the replica unix://$work/replica.sock'" \
    "f['cache.notoptions_bloat']['subject']['scope'] == '$master'" \
    "f['cache.notoptions_bloat']['remedy']['now'][0].startswith('redis-cli -s $work/master.sock -n 3 UNLINK ')"
[ "$(calls replica scan)" -gt 0 ] || fail "the replica was not scanned"
[ "$(calls master scan)" -eq 0 ] || fail "the master was scanned"

run text "$wpbloat" scan --redis "$master" --redis-replica "unix://$work/replica.sock" \
    --prefix wp: --fail-on never
expect_line text out '^Notes$'
expect_line text out 'read from the replica'

# What is no replica, what does not answer, and what does not follow is left alone.
scan none --redis "$master" --redis-replica "unix://$work/alone.sock"
expect_json none \
    "'alone.sock is no replica' in one(d['coverage'], probe='redis.keyspace')['reason']" \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "'cache.notoptions_bloat' in f"
[ "$(calls alone scan)" -eq 0 ] || fail "a server that is no replica was scanned"
scan absent --redis "$master" --redis-replica "unix://$work/absent.sock"
expect_json absent \
    "'no such Redis socket' in one(d['coverage'], probe='redis.keyspace')['reason']" \
    "'cache.notoptions_bloat' in f"

# A site that names its servers for Predis.
mkdir -p "$work/site/wp-content" "$work/site/wp-includes"
printf '<?php\n' | tee "$work/site/wp-load.php" >"$work/site/wp-settings.php"
printf "<?php\n\$wp_version = '6.8.1';\n" >"$work/site/wp-includes/version.php"
cp "$here/wordpress/object-cache.php" "$work/site/wp-content/"
cat >"$work/site/wp-config.php" <<END
<?php
define( 'WP_REDIS_CLIENT', 'predis' );
define( 'WP_REDIS_DATABASE', 3 );
define( 'WP_REDIS_SERVERS', array(
	'unix:$work/replica.sock?role=slave',
	'tcp://127.0.0.1:$master_port?role=master',
) );
\$table_prefix = 'wp_';
require_once __DIR__ . '/wp-settings.php';
END
before=$(calls replica scan)
of_master=$(calls master scan)
run named "$wpbloat" scan "$work/site" --format json --fail-on never
expect_code named 0
expect_report named
expect_json named "d['sites'][0]['redis'] == 'redis://127.0.0.1:$master_port/3'" \
    "'read from the replica' in one(d['coverage'], probe='redis.keyspace')['reason']"
[ "$(calls replica scan)" -gt "$before" ] || fail "the named replica was not scanned"
[ "$(calls master scan)" -eq "$of_master" ] || fail "the master of the site was scanned"

# Its master is gone, and it serves no old data.
stop_server "$master_pid"
scan_lost() {
    run lost "$wpbloat" scan --redis "unix://$work/replica.sock?db=3" --prefix wp: --format json
}
scan_lost
expect_code lost 0
expect_report lost
expect_json lost \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'unavailable'" \
    "'this replica has lost its master' in one(d['coverage'], probe='redis.keyspace')['reason']"

# A server that is loading, slowly; nothing can be said of its keys yet.
start_redis written --dbfilename slow.rdb
ask written DEBUG POPULATE 3000 wp:posts 100 >/dev/null
ask written SAVE >/dev/null
redis-server --port 0 --unixsocket "$work/slow.sock" --dir "$work" --dbfilename slow.rdb \
    --key-load-delay 5000 --loading-process-events-interval-bytes 1024 \
    --logfile "$work/slow.log" &
slow_pid=$!
server_pids="$server_pids $slow_pid"
wait_for "the loading server" "$slow_pid" redis_pong "$work/slow.sock"
run loading "$wpbloat" scan --redis "unix://$work/slow.sock" --prefix wp: --format json
expect_code loading 3
expect_report loading
expect_json loading \
    "one(d['coverage'], probe='redis.server')['status'] == 'unavailable'" \
    "'still loading its data' in one(d['coverage'], probe='redis.server')['reason']"
