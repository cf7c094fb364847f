#!/bin/sh
# A fit of the Universal Scalability Law to 1,000 points against a search without
# derivatives for the same minimum, in turns in one process: time, ratio, and whether
# both end at the same squares. Then 1,000 windows put into bins, with the outlook.
#   tests/bench/usl.sh BUILD_FOLDER [TURNS]        (a Release build)
set -eu
build=${1:?usage: usl.sh BUILD_FOLDER [TURNS]}
turns=${2:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target bench_usl_fit >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
"$build/tests/bench_usl_fit" "$turns" | awk '
{ ours[NR] = $1; search[NR] = $2; ratio[NR] = $2 / $1; bins[NR] = $5; steps[NR] = $6
  if ($3 > $4 * (1 + 1e-9)) { print "turn " NR ": squares " $3 " above " $4; bad = 1 } }
END { if (bad) exit 1
      printf "fit of 1,000 points: median %.0f us (wanted: below 1000), 95 %% of turns below %.0f us, %d steps\n",
             at(ours, 0.5), at(ours, 0.95), at(steps, 0.5)
      printf "search: median %.0f us; median ratio %.1fx\n", at(search, 0.5), at(ratio, 0.5)
      printf "1,000 windows into 16 bins, and the outlook: median %.0f us\n", at(bins, 0.5) }
function at(a, p,   i, j, t) {
    for (i = 2; i <= NR; i++) { t = a[i]
        for (j = i - 1; j >= 1 && a[j] > t; j--) a[j + 1] = a[j]
        a[j + 1] = t }
    return a[int(1 + p * (NR - 1))]
}'
