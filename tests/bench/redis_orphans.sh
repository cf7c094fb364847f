#!/bin/sh
# What proving orphans costs: a pass at --budget full over query keys that all carry a
# stamp, against the same keys without one, in turns: this program's own CPU per key.
# With another wpbloat (one from before the proof), also against that.
#   tests/bench/redis_orphans.sh BUILD_FOLDER [KEYS [TURNS [OTHER_WPBLOAT]]]
set -eu
build=${1:?usage: redis_orphans.sh BUILD_FOLDER [KEYS [TURNS [OTHER_WPBLOAT]]]}
keys=${2:-500000}
turns=${3:-5}
other=${4:-}
. "$(dirname "$0")/redis_private.sh"
build_bench wpbloat bench_redis_queries

# load DATABASE KIND
load() {
    "$build/tests/bench_redis_queries" "$keys" "$2" | redis -n "$1" --pipe >"$work/load.log" ||
        { cat "$work/load.log" >&2; exit 1; }
    [ "$(redis -n "$1" dbsize)" = "$keys" ] || { echo "not all keys were loaded" >&2; exit 1; }
}

# cpu PROGRAM DATABASE: its user and system time in microseconds a key
cpu() {
    sh -c '"$1" scan --redis "unix://$2?db=$3" --budget full --no-examine --format json \
        --fail-on never >"$4"; times' sh "$1" "$socket" "$2" "$work/out" | tail -n 1 |
        awk -v keys="$keys" '{ gsub(/[ms]/, " "); print 1e6 * (60 * $1 + $2 + 60 * $3 + $4) / keys }'
}

redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no \
    --dir "$work" --logfile "$work/log" &
server_pid=$!
until [ "$(redis ping 2>/dev/null)" = PONG ]; do sleep 0.05; done
echo "loading $keys keys, twice" >&2
load 0 stamped
load 1 plain
printf 'turn   own CPU, us a key: stamped  plain  ratio%s\n' \
    "${other:+   the other: stamped  ratio to it}"
turn=1
while [ "$turn" -le "$turns" ]; do
    echo "$turn $(cpu "$build/wpbloat" 0) $(cpu "$build/wpbloat" 1) ${other:+$(cpu "$other" 0)}"
    turn=$((turn + 1))
done | awk '
{ plain[NR] = $2 / $3
  printf "%4d %27.2f %6.2f %6.2f", $1, $2, $3, plain[NR]
  if (NF > 3) { before[NR] = $2 / $4; has_other = 1; printf " %21.2f %12.2f", $4, before[NR] }
  printf "\n" }
END { printf "median ratio to plain names: %.2f\n", median(plain, NR)
      if (has_other) printf "median ratio to the other: %.2f (wanted: at most 1.2)\n", median(before, NR) }
function median(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
}'
