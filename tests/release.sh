#!/bin/sh
# release.sh [PART]... - what takes longer than run.sh, before a release:
#
#   shipped    the optimised, hardened build as it installs, and the scenarios with it
#   package    the .deb and the .rpm, installed by apt into a fresh Debian that is booted
#              on a sick site (needs root)
#   incidents  what requests do to a shop, on real servers, with nothing else running
#   agent      500 kills of the agent, a day of twenty sites, ten days
#   debian13   quickstart, the tests, TLS and Valkey in a fresh Debian 13 (needs root)
#   fuzz       every fuzzer, WPB_FUZZ_SECONDS each (default 60)
#   bench      every benchmark, once; with WPB_BENCH="NAME..." those alone
#   sid        the build with the newest libraries, and MySQL with its own, in a fresh
#              Debian unstable (root)
#
# Without an argument all of them, in this order. Each works on a clean copy of HEAD and
# rewrites its section of docs/release-checks.md. Logs and what the fuzzers found stay
# in build-release/PART. Run run.sh first: it installs what this needs.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
summary=$root/docs/release-checks.md
parts='shipped package incidents agent debian13 fuzz bench sid'

for part in "$@"; do
    case " $parts " in
    *" $part "*) ;;
    *)
        echo "release.sh: no part is called '$part'; there are: $parts" >&2
        exit 64
        ;;
    esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/wpbloat-release.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The section of PART as it stood, so that one part can be run alone.
section() {
    [ -f "$summary" ] || return 0
    awk -v heading="## $1" '/^## /{ inside = ($0 == heading) } inside' "$summary" |
        sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

write_summary() {
    cat <<'INTRODUCTION'
# Release checks

What `sh tests/release.sh` saw when each of its parts last ran. Every part works on a
clean copy of the commit it names. Figures are as printed, from the machine it ran on:
compare ratios, not times.
INTRODUCTION
    for part in $parts; do
        [ -s "$work/$part" ] || section "$part" >"$work/$part"
        if [ -s "$work/$part" ]; then
            echo
            cat "$work/$part"
        fi
    done
}

status=0
# shellcheck disable=SC2048
for part in ${*:-$parts}; do
    echo "== $part"
    sh "$root/tests/scenario/release-$part.sh" "$work/$part" || status=1
done
write_summary >"$work/summary"
cat "$work/summary" >"$summary"
echo "Written: $summary"
exit "$status"
