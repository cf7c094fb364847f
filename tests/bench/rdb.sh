#!/bin/sh
# `scan --rdb` of 1,000,000 keys against the live pass at --budget full, in turns on the
# same data: wall time and its ratio; then the memory of the scan. The file is written
# without compression (600 MB: most bytes a key) and, in a second round, as Redis does.
#   tests/bench/rdb.sh BUILD_FOLDER [KEYS [TURNS]]      (a Release build)
set -eu
build=${1:?usage: rdb.sh BUILD_FOLDER [KEYS [TURNS]]}
keys=${2:-1000000}
turns=${3:-5}
. "$(dirname "$0")/redis_private.sh"
build_bench wpbloat bench_redis_keys bench_rdb_walk

# seconds COMMAND...: its wall time
seconds() {
    begin=$(date +%s.%N)
    "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
    echo "$begin $(date +%s.%N)" | awk '{ printf "%.3f\n", $2 - $1 }'
}

live() {
    "$build/wpbloat" scan --redis "unix://$socket" --budget full --no-examine \
        --format json --fail-on never
}

from_file() {
    "$build/wpbloat" scan --rdb "$work/dump.rdb" --no-examine --format json \
        --fail-on never
}

# The largest RssAnon that a scan of the file, with examination, shows while it runs.
memory() {
    "$build/wpbloat" scan --rdb "$work/dump.rdb" --format json --fail-on never \
        >"$work/out" &
    load_pid=$!
    while [ -r "/proc/$load_pid/status" ] && kill -0 "$load_pid" 2>/dev/null; do
        awk '/^RssAnon/ { print $2 }' "/proc/$load_pid/status" 2>/dev/null || true
        sleep 0.005
    done | sort -n | tail -n 1
    wait "$load_pid" || true
    load_pid=
}

round() {
    redis config set rdbcompression "$1" >"$work/out"
    redis save >"$work/out"
    echo "rdbcompression $1: $(wc -c <"$work/dump.rdb") bytes"
    printf 'turn  live s  file s   ratio  walk alone s\n'
    turn=1
    while [ "$turn" -le "$turns" ]; do
        walk=$("$build/tests/bench_rdb_walk" "$work/dump.rdb" | cut -d ' ' -f 1)
        echo "$turn $(seconds live) $(seconds from_file) $walk"
        turn=$((turn + 1))
    done | awk '
    { ratio[NR] = $2 / $3; file[NR] = $3
      printf "%4d %7.2f %7.2f %6.1fx %13.2f\n", $1, $2, $3, ratio[NR], $4 }
    END { printf "median: %.2f s (wanted: below 1), %.1fx (wanted: at least 5x)\n",
                 median(file, NR), median(ratio, NR) }
    function median(a, n,   i, j, t) {
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
            if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
        return a[int((n + 1) / 2)]
    }'
    echo "RssAnon $(memory) kB (wanted: at most 10240)"
}

start_redis "$keys" 500
round no
round yes
