#!/bin/sh
# release-bench.sh SECTION - every benchmark of tests/bench, once, against a Release
# build; what it printed stands in the summary. With WPB_BENCH='NAME...' those alone: of
# the others stays what the summary holds, with its own date.
set -eu

. "$(dirname "$0")/release-part.sh"

begin "$(gcc --version | sed -n 1p), PHP $(version_of php --version), Redis $(version_of redis-server --version), MariaDB $(mariadbd --version | sed 's/.* \([0-9][0-9.]*\)-MariaDB.*/\1/')"
copy "$work/src"

build() {
    cmake -S "$work/src" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWPB_TESTS=ON &&
        cmake --build "$work/build" --target wpbloat
}
passed build build build || exit 1

awk '/^## /{ inside = ($0 == "## bench") } inside' "$root/docs/release-checks.md" >"$work/old"
old_stamp=$(sed -n 's/^\([0-9-]*, commit [0-9a-f]*\), .*/\1/p' "$work/old" | head -n 1)

is_wanted() {
    case " ${WPB_BENCH:-$1} " in
    *" $1 "*) return 0 ;;
    *) return 1 ;;
    esac
}

# keep NAME: its row and what it printed, as they stood.
keep() {
    kept=$(sed -n "s/^| $1 | \(.*\) |$/\1/p" "$work/old")
    case $kept in
    '') return 0 ;;
    *' commit '*) row "$1" "$kept" ;;
    *) row "$1" "$kept ($old_stamp)" ;;
    esac
    awk -v name="$1:" '$0 == name { inside = 1; print ""; fences = 0 }
        inside { print }
        inside && /^```/ { if (++fences == 2) inside = 0 }' "$work/old" >>"$work/printed"
}

load() {
    cut -d ' ' -f 1 /proc/loadavg
}
: >"$work/printed"
for bench in "$work"/src/tests/bench/*.sh; do
    name=$(basename "$bench" .sh)
    # What has no first line for a shell is sourced by others.
    sed -n 1p "$bench" | grep -q '^#!' || continue
    # Nor has a meaning of its own what makes another's data.
    [ "$name" != mysql_seed ] || continue
    if ! is_wanted "$name"; then
        keep "$name"
        continue
    fi
    load_before=$(load)
    # shellcheck disable=SC2310
    passed "$name" "$name" timeout 1800 sh "$bench" "$work/build" || continue
    # The benches themselves keep about one processor busy.
    row "$name" "ran $(date -u +%F), commit $commit, load average $load_before before and $(load) after; see below"
    # shellcheck disable=SC2016
    printf '\n%s:\n```\n%s\n```\n' "$name" "$(sed "s|$work/||g" "$logs/$name.log")" >>"$work/printed"
done
row "the machine" "$(nproc) processors"
cat "$work/printed" >>"$section"
exit "$failed"
