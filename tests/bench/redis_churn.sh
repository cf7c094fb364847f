#!/bin/sh
# What a look at write churn costs the server: its CPU per SET at 20,000 SETs a second of
# 300 bytes, while nobody looks, while one look follows the other at a prefix that all
# keys have and at one that a sixteenth have, and during redis-cli MONITOR; one after the
# other in each turn.
#   tests/bench/redis_churn.sh BUILD_FOLDER [TURNS [SECONDS]]      (a Release build)
set -eu
build=${1:?usage: redis_churn.sh BUILD_FOLDER [TURNS [SECONDS]]}
turns=${2:-7}
seconds=${3:-4}
. "$(dirname "$0")/redis_private.sh"
build_bench bench_redis_writes bench_redis_churn

redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no \
    --dir "$work" --logfile "$work/log" &
server_pid=$!
until [ "$(redis ping 2>/dev/null)" = PONG ]; do sleep 0.05; done

# counters: microseconds of the server's main thread, SETs so far
counters() {
    redis info everything | tr -d '\r' | awk -F '[:=,]' '
        /^used_cpu_(user|sys)_main_thread/ { us += 1e6 * $2 }
        /^cmdstat_set:/ { sets = $3 }
        END { printf "%.0f %.0f", us, sets }'
}

looks() {
    "$build/tests/bench_redis_churn" "$socket" "$1" "$seconds" >>"$work/looks"
}

monitor() {
    timeout "$seconds" redis-cli -s "$socket" monitor >/dev/null || true
}

# cost COMMAND...: the server's CPU per SET, in microseconds, while it runs
cost() {
    before=$(counters)
    "$@"
    echo "$before $(counters)" | awk '{ printf "%.3f", ($3 - $1) / ($4 - $2) }'
}

writes() {
    "$build/tests/bench_redis_writes" "$socket" 20000 "$@" &
    load_pid=$!
    sleep 1
}

stop_writes() {
    kill "$load_pid"
    wait "$load_pid" 2>/dev/null || true
    load_pid=
}

printf 'turn  us a SET: none  a look at all  none  a look at 1/16  monitor   ratios\n'
turn=1
while [ "$turn" -le "$turns" ]; do
    writes all
    all="$(cost sleep "$seconds") $(cost looks c00:)"
    stop_writes
    writes
    part="$(cost sleep "$seconds") $(cost looks c00:) $(cost monitor)"
    stop_writes
    echo "$turn $all $part"
    turn=$((turn + 1))
done | awk '
{ all[NR] = $3 / $2; part[NR] = $5 / $4; monitor[NR] = $6 / $4
  printf "%4d %15.2f %14.2f %5.2f %15.2f %8.2f   %.2f %.2f %.2f\n", $1, $2, $3, $4, $5, $6,
         all[NR], part[NR], monitor[NR]
  fflush() }
END { printf "median ratios to none: all keys %s (wanted: at most 1.3), 1/16 of them %s, MONITOR %s\n",
             spread(all, NR), spread(part, NR), spread(monitor, NR) }
function spread(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return sprintf("%.2f (%.2f to %.2f)", a[int((n + 1) / 2)], a[1], a[n])
}'
awk '{ looks += $1; names += $2 } END { printf "%d looks, %d names a look\n", looks, names / looks }' \
    "$work/looks"
