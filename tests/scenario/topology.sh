#!/bin/sh
# topology.sh WPBLOAT - sites whose Redis is not one server: a cluster of three nodes, and
# a master that a sentinel watches, before and after a failover. All of them are real
# servers on loopback.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli "$python"

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# site NAME: the least that is a WordPress with Redis Object Cache; its connection is
# stdin.
site() {
    mkdir -p "$work/$1/wp-content" "$work/$1/wp-includes"
    printf '<?php\n' | tee "$work/$1/wp-load.php" >"$work/$1/wp-settings.php"
    printf "<?php\n\$wp_version = '6.8.1';\n" >"$work/$1/wp-includes/version.php"
    cp "$here/wordpress/object-cache.php" "$work/$1/wp-content/"
    {
        printf "<?php\ndefine( 'WP_REDIS_PREFIX', '%s_' );\n\$table_prefix = 'wp_';\n" "$1"
        cat
        printf "require_once __DIR__ . '/wp-settings.php';\n"
    } >"$work/$1/wp-config.php"
}

# fill PREFIX: the keys of a site, as commands for redis-cli: a notoptions of 9,000
# names, and 600 posts.
fill() {
    awk -v prefix="$1" 'BEGIN {
        value = "a:9000:{"
        for (i = 0; i < 9000; i++)
            value = value sprintf("s:40:\"kestrel_tariff_v2_%022x\";b:1;", i * 2654435)
        print "SET " prefix "options:notoptions \047" value "}\047"
        for (i = 0; i < 600; i++)
            print "SET " prefix "posts:" i " a:0:{}"
    }'
}

# scan NAME ARGUMENT...: its report.
scan() {
    scan_name=$1
    shift
    run "$scan_name" "$wpbloat" scan "$@" --memory-limit 128M --format json \
        --fail-on never
    expect_code "$scan_name" 0
    expect_clean "$scan_name"
    expect_report "$scan_name"
}

# The row of a group in the report.
group="(lambda g: one(d['tables']['redis_groups'], group=g))"

# ---- a cluster ----

seeds= nodes=
for node in 1 2 3; do
    port=$(free_port)
    start_redis "node$node" --port "$port" --bind 127.0.0.1 --cluster-enabled yes \
        --cluster-port "$(free_port)" --cluster-config-file "node$node.conf" \
        --cluster-node-timeout 5000 --requirepass hush --masterauth hush
    nodes="$nodes 127.0.0.1:$port"
    seeds="$seeds${seeds:+, }'tcp://127.0.0.1:$port'"
    first=${first:-$port}
done
export REDISCLI_AUTH=hush
# shellcheck disable=SC2086
redis-cli --cluster create $nodes --cluster-yes >"$work/create.txt"
is_whole() {
    redis-cli -s "$work/node3.sock" CLUSTER INFO | grep -q '^cluster_state:ok'
}
wait_for "the cluster" "$redis_pid" is_whole
fill shop_wp: | redis-cli -c -p "$first" >"$work/fill.txt"
unset REDISCLI_AUTH
site shop <<END
define( 'WP_REDIS_CLUSTER', array( $seeds ) );
define( 'WP_REDIS_PASSWORD', 'hush' );
END

scan cluster "$work/shop"
expect_no_line cluster out hush
expect_json cluster \
    "d['sites'][0]['redis'] == 'redis-cluster://127.0.0.1:$first'" \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "one(d['coverage'], probe='redis.keyspace')['done'] == 601" \
    "one(d['coverage'], probe='redis.server')['done'] == 3" \
    "one(d['coverage'], probe='redis.value')['status'] == 'ok'" \
    "$group('posts')['keys'] == 600" \
    "f['cache.notoptions_bloat']['evidence']['entries'] == 9000" \
    "f['cache.notoptions_bloat']['remedy']['now'][0].startswith('redis-cli -c -h 127.0.0.1 -p $first UNLINK ')"

# A node is gone: what the others hold is told, and that it is not all.
stop_server "$redis_pid"
scan lost "$work/shop"
expect_json lost \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'partial'" \
    "'1 of the cluster\'s 3 shards could not be read' in one(d['coverage'], probe='redis.keyspace')['reason']" \
    "100 < $group('posts')['keys'] < 500"

# ---- a sentinel ----

start_redis ex --port "$(free_port)" --bind 127.0.0.1 --repl-diskless-sync-delay 0
ex_port=$(redis-cli -s "$work/ex.sock" CONFIG GET port | tail -n 1)
start_redis heir --port "$(free_port)" --bind 127.0.0.1 --replicaof 127.0.0.1 "$ex_port"
heir_port=$(redis-cli -s "$work/heir.sock" CONFIG GET port | tail -n 1)
fill blog_wp: | redis-cli -s "$work/ex.sock" -n 3 >"$work/fill.txt"
sentinel_port=$(free_port)
cat >"$work/sentinel.conf" <<END
port $sentinel_port
bind 127.0.0.1
dir $work
logfile $work/sentinel.log
sentinel monitor shop 127.0.0.1 $ex_port 1
sentinel failover-timeout shop 10000
END
redis-server "$work/sentinel.conf" --sentinel &
sentinel_pid=$!
server_pids="$server_pids $sentinel_pid"
ask_sentinel() {
    redis-cli -p "$sentinel_port" "$@" | tr -d '\r'
}
knows_the_replica() {
    ask_sentinel SENTINEL MASTER shop | grep -A 1 -x num-slaves | grep -q -x 1
}
wait_for "the sentinel" "$sentinel_pid" knows_the_replica
site blog <<END
define( 'WP_REDIS_SENTINEL', 'shop' );
define( 'WP_REDIS_SERVERS', array( 'tcp://127.0.0.1:$(free_port)', 'tcp://127.0.0.1:$sentinel_port' ) );
define( 'WP_REDIS_DATABASE', 3 );
END

# expect_master NAME PORT: the report is about the same Redis, which is there now.
expect_master() {
    expect_json "$1" \
        "d['sites'][0]['redis'].startswith('redis-sentinel://127.0.0.1:')" \
        "d['sites'][0]['redis'].endswith('/shop/3')" \
        "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
        "$group('posts')['keys'] == 600" \
        "f['cache.notoptions_bloat']['evidence']['entries'] == 9000" \
        "f['cache.notoptions_bloat']['remedy']['now'][0].startswith('redis-cli -h 127.0.0.1 -p $2 -n 3 UNLINK ')"
}

scan before "$work/blog"
expect_master before "$ex_port"

# While it is watched the other becomes the master: it is followed, and nothing of it is
# called growth.
: >"$work/watched.out"
"$wpbloat" scan "$work/blog" --watch 1 --format json --fail-on never --no-examine \
    >>"$work/watched.out" 2>"$work/watched.err" </dev/null &
watch_pid=$!
server_pids="$server_pids $watch_pid"
has_looked() {
    [ "$(wc -l <"$work/watched.out")" -ge "$1" ]
}
wait_for "the watch" "$watch_pid" has_looked 2
fails_over() {
    ask_sentinel SENTINEL FAILOVER shop | grep -q -x OK
}
wait_for "the failover" "$sentinel_pid" fails_over
is_heir() {
    ask_sentinel SENTINEL GET-MASTER-ADDR-BY-NAME shop | grep -q -x "$heir_port"
}
wait_for "the heir" "$sentinel_pid" is_heir
looked=$(wc -l <"$work/watched.out")
wait_for "the watch" "$watch_pid" has_looked $((looked + 2))
kill -s TERM "$watch_pid"
wait "$watch_pid" || true
"$python" - "$work/watched.out" <<'END' || fail "watched: the failover was not noticed"
import json, sys
notes = [json.loads(line)["tables"]["redis_growth"] for line in open(sys.argv[1])]
sys.exit(0 if "restarted" in json.dumps(notes) else "no pass says that another server answers")
END

scan after "$work/blog"
expect_master after "$heir_port"
run text "$wpbloat" scan --redis "redis-sentinel://127.0.0.1:$sentinel_port/shop/3" --fail-on never
expect_code text 0
expect_line text out "redis-sentinel://127.0.0.1:$sentinel_port/shop/3"

# A name that nobody knows.
run unknown "$wpbloat" scan --redis "redis-sentinel://127.0.0.1:$sentinel_port/other"
expect_code unknown 3
tr -s ' \n' ' ' <"$work/unknown.out" >"$work/unknown-line.out"
expect_line unknown-line out 'it watches no master called other'
