#!/bin/sh
# A complete pass over 1,000,000 keys at --budget full against redis-cli --bigkeys, in
# turns on one server: CPU of the server's main thread and wall time, as ratios. Then
# the memory of the pass, at 1,000,000 and at 4,000,000 keys.
#   tests/bench/redis_scan.sh BUILD_FOLDER [KEYS [TURNS]]      (a Release build)
set -eu
build=${1:?usage: redis_scan.sh BUILD_FOLDER [KEYS [TURNS]]}
keys=${2:-1000000}
turns=${3:-3}
. "$(dirname "$0")/redis_private.sh"
build_bench wpbloat bench_redis_keys

server_cpu() {
    redis info cpu | tr -d '\r' |
        awk -F: '/^used_cpu_(sys|user)_main_thread/ { s += $2 } END { printf "%.6f\n", s }'
}

# measure NAME COMMAND...: NAME, seconds of server CPU, seconds of wall time
measure() {
    name=$1
    shift
    cpu=$(server_cpu) wall=$(date +%s.%N)
    "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
    echo "$name $cpu $(server_cpu) $wall $(date +%s.%N)" |
        awk '{ printf "%s %.3f %.3f\n", $1, $3 - $2, $5 - $4 }'
}

pass() {
    "$build/wpbloat" scan --redis "unix://$socket" --budget full --no-examine \
        --format json --fail-on never
}

bigkeys() {
    redis --bigkeys
}

# memory: the largest RssAnon and VmRSS (kB) that a pass shows while it runs
memory() {
    "$build/wpbloat" scan --redis "unix://$socket" --budget full --no-examine \
        --format json --fail-on never >"$work/out" &
    load_pid=$!
    while [ -r "/proc/$load_pid/status" ] && kill -0 "$load_pid" 2>/dev/null; do
        awk '/^RssAnon|^VmRSS/ { printf "%s %s\n", $1, $2 }' \
            "/proc/$load_pid/status" 2>/dev/null || true
        sleep 0.02
    done | awk '$2 > max[$1] { max[$1] = $2 } END { print max["RssAnon:"], max["VmRSS:"] }'
    wait "$load_pid" || true
    load_pid=
}

start_redis "$keys" 500
printf 'turn  server CPU s: pass  bigkeys  ratio   wall s: pass  bigkeys  ratio\n'
turn=1
while [ "$turn" -le "$turns" ]; do
    echo "$turn $(measure pass pass) $(measure bigkeys bigkeys)"
    turn=$((turn + 1))
done | awk '
{ cpu[NR] = $3 / $6; wall[NR] = $4 / $7
  printf "%4d %18.2f %8.2f %6.2f %14.2f %8.2f %6.2f\n", $1, $3, $6, cpu[NR], $4, $7, wall[NR] }
END { printf "median ratios: server CPU %.2f (wanted: at most 0.4), wall %.2f (at most 0.3)\n",
             median(cpu, NR), median(wall, NR) }
function median(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
}'
small=$(memory)
stop_redis
start_redis "$((4 * keys))" 60
large=$(memory)
echo "$keys $small $large" | awk '{
    printf "%d keys: RssAnon %d kB, VmRSS %d kB\n", $1, $2, $3
    printf "%d keys: RssAnon %d kB, VmRSS %d kB, RssAnon ratio %.2f (wanted: at most 1.1)\n",
           4 * $1, $4, $5, $4 / $2 }'
