#!/bin/sh
# release-bench.sh SECTION - every benchmark of tests/bench, once, against a Release
# build; what it printed stands in the summary.
set -eu

. "$(dirname "$0")/release-part.sh"

begin "$(gcc --version | sed -n 1p), PHP $(version_of php --version), Redis $(version_of redis-server --version), MariaDB $(mariadbd --version | sed 's/.* \([0-9][0-9.]*\)-MariaDB.*/\1/')"
copy "$work/src"

build() {
    cmake -S "$work/src" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWPB_TESTS=ON &&
        cmake --build "$work/build" --target wpbloat
}
passed build build build || exit 1

load() {
    cut -d ' ' -f 1 /proc/loadavg
}
load_before=$(load)
for bench in "$work"/src/tests/bench/*.sh; do
    name=$(basename "$bench" .sh)
    # What has no first line for a shell is sourced by others.
    sed -n 1p "$bench" | grep -q '^#!' || continue
    # Nor has a meaning of its own what makes another's data.
    [ "$name" != mysql_seed ] || continue
    # shellcheck disable=SC2310
    passed "$name" "$name" timeout 1800 sh "$bench" "$work/build" || continue
    row "$name" "ran, see below"
done
# The benches themselves keep about one processor busy.
row "the machine" "$(nproc) processors, load average $load_before before and $(load) after"
for log in "$logs"/*.log; do
    name=$(basename "$log" .log)
    [ "$name" != build ] || continue
    # shellcheck disable=SC2016
    printf '\n%s:\n```\n%s\n```\n' "$name" "$(sed "s|$work/||g" "$log")" >>"$section"
done
exit "$failed"
