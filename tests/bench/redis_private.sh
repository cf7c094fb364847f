# shellcheck shell=sh
# redis_private.sh - a private redis-server for the benches of Redis; sourced. Sets
# $work and $socket and stops the server by its process id at the end.
work=$(mktemp -d "/tmp/wpbloat-bench.XXXXXX")
socket=$work/redis.sock
server_pid=
load_pid=
bench_end() {
    for pid in $load_pid $server_pid; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap bench_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

redis() {
    redis-cli -s "$socket" "$@"
}

# start_redis KEYS VALUE_BYTES
start_redis() {
    redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no \
        --dir "$work" --logfile "$work/log" &
    server_pid=$!
    until [ "$(redis ping 2>/dev/null)" = PONG ]; do sleep 0.05; done
    echo "loading $1 keys" >&2
    "$build/tests/bench_redis_keys" "$1" "$2" | redis --pipe >"$work/load.log" ||
        { cat "$work/load.log" >&2; exit 1; }
    [ "$(redis dbsize)" = "$1" ] || { echo "not all keys were loaded" >&2; exit 1; }
}

stop_redis() {
    kill "$server_pid"
    wait "$server_pid" || true
    server_pid=
}

# build_bench TARGET...: in $build
build_bench() {
    cmake --build "$build" --target "$@" >"$work/build.log" ||
        { cat "$work/build.log"; exit 1; }
}
