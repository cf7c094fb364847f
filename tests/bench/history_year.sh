#!/bin/sh
# What the history takes: one site and twenty of 80 series, 8 of them with a value each
# minute and the others each 15 minutes, with alerts, letters, forecasts and audits.
# Sizes are the largest after any commit, with the log; memory is that of the process.
#   tests/bench/history_year.sh BUILD_FOLDER [DAYS]      (a Release build)
# 105 days are enough to be as large as it gets; 365 take half an hour. In memory where
# /dev/shm is (a year has a million fsyncs); a few days on the disk follow.
set -eu
build=${1:?usage: history_year.sh BUILD_FOLDER [DAYS]}
days=${2:-105}
shared=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || shared=/dev/shm

cmake --build "$build" --target bench_history_year >/dev/null
memory=$(mktemp -d "$shared/wpbloat-history.XXXXXX")
disk=$(mktemp -d "${TMPDIR:-/tmp}/wpbloat-history.XXXXXX")
trap 'rm -rf "$memory" "$disk"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$build/tests/bench_history_year" "$memory/one" 1 80 8 60 15 "$days"
echo
"$build/tests/bench_history_year" "$memory/twenty" 20 80 8 60 15 "$days"
echo
echo "on the disk:"
"$build/tests/bench_history_year" "$disk/twenty" 20 80 8 60 15 2
