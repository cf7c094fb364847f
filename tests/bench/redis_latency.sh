#!/bin/sh
# What another client feels (one GET every 500 us) while nothing runs, during a pass at
# --budget normal, during redis-cli --bigkeys and during a pass at --budget low, one
# after the other in each round, on 1,000,000 keys. Differences below 1.5 ms between
# rounds are noise of the host; compare within a round.
#   tests/bench/redis_latency.sh BUILD_FOLDER [ROUNDS [SECONDS]]      (a Release build)
set -eu
build=${1:?usage: redis_latency.sh BUILD_FOLDER [ROUNDS [SECONDS]]}
rounds=${2:-5}
seconds=${3:-6}
. "$(dirname "$0")/redis_private.sh"
build_bench wpbloat bench_redis_keys bench_redis_latency
start_redis 1000000 500
redis set wpcache:probe "$(printf '%0300d' 0)" >/dev/null

# feel COMMAND...: p50 p99 p99.9 max in us while COMMAND runs over and over
feel() {
    load_pid=
    if [ $# -gt 0 ]; then
        (trap 'kill "$child"; exit 0' TERM
         while :; do "$@" >/dev/null 2>&1 & child=$!; wait "$child"; done) &
        load_pid=$!
        sleep 0.5
    fi
    "$build/tests/bench_redis_latency" "$socket" wpcache:probe "$seconds"
    if [ -n "$load_pid" ]; then
        kill "$load_pid"
        wait "$load_pid" 2>/dev/null || true
        load_pid=
    fi
}

pass() {
    exec "$build/wpbloat" scan --redis "unix://$socket" --budget "$1" --no-examine \
        --format json --fail-on never
}

bigkeys() {
    exec redis-cli -s "$socket" --bigkeys
}

printf 'round  p99 us: idle   normal  bigkeys      low   normal/bigkeys  low/idle\n'
round=1
while [ "$round" -le "$rounds" ]; do
    echo "$round $(feel) $(feel pass normal) $(feel bigkeys) $(feel pass low)"
    round=$((round + 1))
done | awk '
{ normal[NR] = $7 / $11; low[NR] = $15 / $3
  printf "%5d %13d %8d %8d %8d %16.2f %9.2f\n", $1, $3, $7, $11, $15, normal[NR], low[NR]
  fflush() }
END { printf "median ratios: normal/bigkeys %.2f (wanted: below 1), low/idle %.2f (at most 2)\n",
             median(normal, NR), median(low, NR) }
function median(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
}'
