#!/bin/sh
# release-agent.sh SECTION - what takes the agent long: 500 kills with a failing disk and a
# receiver that answers as it likes, a day of twenty sites, ten days three times over, all
# with the optimised build.
set -eu

. "$(dirname "$0")/release-part.sh"

begin "$(gcc --version | sed -n 1p), Redis $(version_of redis-server --version)"
copy "$work/src"

build() {
    cmake -S "$work/src" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWPB_TESTS=ON &&
        cmake --build "$work/build" --target wpbloat faults
}
passed build build build || exit 1
wpbloat=$work/build/wpbloat

# The row is the scenario's own last line.
tell() {
    what=$1 log=$2
    shift 2
    # shellcheck disable=SC2310
    passed "$what" "$log" "$@" || return 0
    row "$what" "ok: $(tail -n 1 "$logs/$log.log")"
}
tell "nothing lost in 500 kills" nothing-lost sh "$work/src/tests/scenario/nothing-lost.sh" \
    "$wpbloat" "$work/build/tests/libfaults.so" 500
tell "twenty sites for a day, 720 times as fast" soak \
    sh "$work/src/tests/scenario/agent-soak.sh" "$wpbloat" 24 720 10240
tell "ten days, three times" ten-days sh "$work/src/tests/scenario/ten-days.sh" "$wpbloat"
exit "$failed"
