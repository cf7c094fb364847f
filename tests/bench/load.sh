#!/bin/sh
# How right are percentiles? A server that stands still for 500 ms in every 5 s, of which
# the true 99th percentile is known, under `wpbloat load` (evenly spaced and random
# arrivals) and under ab, whose connections wait for their answers before they ask again
# and so hardly ask while it stands still. (wrk is such a one too, but guesses afterwards
# which requests it has left out; here its guess is right.)
#   tests/bench/load.sh BUILD_FOLDER [SECONDS]   (a Release build; ab: apache2-utils)
set -eu
build=${1:?usage: load.sh BUILD_FOLDER [SECONDS]}
seconds=${2:-60}
period=5000 stall=500 base=5 rate=100
work=$(mktemp -d)
server=
trap 'exec 3>&-; [ -z "$server" ] || wait "$server" || true; rm -rf "$work"' EXIT
command -v ab >/dev/null || { echo "ab is missing: apt-get install apache2-utils" >&2; exit 1; }
cmake --build "$build" --target wpbloat bench_load_stalls >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }

mkfifo "$work/end"
"$build/tests/bench_load_stalls" $period $stall $base <"$work/end" >"$work/port" &
server=$!
exec 3>"$work/end"
until [ -s "$work/port" ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")/

# What the 99th percentile is, in ms: one in a hundred waits longer than STALL - PERIOD/100.
truth=$(awk "BEGIN { print $base + $stall - 0.01 * $period }")

# ours ARRIVALS: p99 and p50 in ms
ours() {
    "$build/wpbloat" load "$url" --i-own-this-site 127.0.0.1 --despite-alerts \
        --rate $rate --step-seconds "$seconds" --warmup-seconds 1 --arrivals "$1" \
        --format json >"$work/ours.json" 2>"$work/ours.err" ||
        { cat "$work/ours.err" "$work/ours.json" >&2; exit 1; }
    python3 - "$work/ours.json" <<'PY'
import json, sys
step = json.load(open(sys.argv[1]))["steps"][0]
if step["verdict"] == "invalid":
    sys.exit("the generator was late: the machine is too busy for this bench")
print(step["response"]["p99_seconds"] * 1e3, step["response"]["p50_seconds"] * 1e3)
PY
}
constant=$(ours constant)
random=$(ours exponential)
# "  99%      6", in ms
closed=$(ab -q -k -c 10 -t "$seconds" -n 1000000 "$url" 2>/dev/null | awk '$1 == "99%" { print $2 }')
[ -n "$closed" ] || { echo "ab told no 99th percentile" >&2; exit 1; }
awk -v truth="$truth" -v constant="${constant% *}" -v random="${random% *}" \
    -v closed="$closed" 'BEGIN {
    printf "true p99: %.1f ms\n", truth
    show("wpbloat load, constant", constant)
    show("wpbloat load, exponential", random)
    show("ab, 10 connections", closed)
    wrong = closed > truth ? closed / truth : truth / closed
    bad = off(constant) > 0.05 || off(random) > 0.05
    printf "wanted: ours within 5 %%: %s; closed loop wrong by more than 3x: %s (%.0fx)\n",
           (bad ? "no" : "yes"), (wrong > 3 ? "yes" : "no"), wrong
    exit bad || wrong <= 3 }
function off(p) { return p > truth ? p / truth - 1 : 1 - p / truth }
function show(who, p) { printf "%-26s %8.1f ms, %.3f of the truth\n", who, p, p / truth }'
