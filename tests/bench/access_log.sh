#!/bin/sh
# What it costs to follow an access log of 1,000,000 lines: CPU and time a line, from bytes
# on disk to requests counted by minute and route. Beside it, in the same turn, what wc -l
# and an awk that sums durations by status take for the same file.
#   tests/bench/access_log.sh BUILD_FOLDER [LINES [TURNS]]      (a Release build)
set -eu
build=${1:?usage: access_log.sh BUILD_FOLDER [LINES [TURNS]]}
lines=${2:-1000000}
turns=${3:-5}
bench=$build/tests/bench_access_log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target bench_access_log >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }

# cpu COMMAND...: microseconds of user and system time, of a command and its children
cpu() {
    /usr/bin/time -f '%U %S' -o "$work/time" "$@" >"$work/out" || return 1
    awk '{ printf "%.0f", 1e6 * ($1 + $2) }' "$work/time"
}

peer_fpm='{ n[$5]++; d[$5] += $6 } END { for (s in n) print s, n[s], d[s] }'
peer_json='{ split($0, f, /"rt":/); d += f[2] + 0; n++ } END { print n, d }'
for kind in fpm json; do
    "$bench" make $kind "$lines" >"$work/log"
    echo "$kind: $lines lines, $(wc -c <"$work/log") bytes"
    eval "peer=\$peer_$kind"
    turn=1
    while [ "$turn" -le "$turns" ]; do
        wc=$(cpu wc -l "$work/log")
        awk=$(cpu awk "$peer" "$work/log")
        echo "$turn $wc $awk $("$bench" follow $kind "$work/log")"
        turn=$((turn + 1))
    done | awk -v lines="$lines" '
    BEGIN { print "turn  ns CPU a line: wc -l  awk  ours   lines/s  longest look ms  ours/(wc+awk)" }
    { if ($4 != lines || $5 != lines) { print "counted " $5 " of " $4; exit 1 }
      ours[NR] = $7 / lines; rate[NR] = lines / ($8 / 1e6); ratio[NR] = $7 / ($2 + $3)
      printf "%4d %22.0f %4.0f %5.0f %9.0f %16.1f %13.2f\n", $1, 1e3 * $2 / lines,
             1e3 * $3 / lines, 1e3 * ours[NR], rate[NR], $9 / 1e3, ratio[NR] }
    END { if (!NR) exit 1
          printf "median: %.2f us CPU a line (wanted: at most 5), %.0f lines/s (wanted: at least 200,000), %.2f of wc -l and awk\n",
                 median(ours, NR), median(rate, NR), median(ratio, NR) }
    function median(a, n,   i, j, t) {
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
            if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
        return a[int((n + 1) / 2)]
    }'
done
