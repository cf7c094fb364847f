#!/bin/sh
# release-incidents.sh SECTION - the incidents of requests on real servers (tests/scenario/
# requests/), those also that run.sh has no time for, with the optimised build. They want
# the machine for themselves: what they judge is how much it can bear.
set -eu

. "$(dirname "$0")/release-part.sh"

begin "$(gcc --version | sed -n 1p), MariaDB $(mariadbd --version | sed 's/.* \([0-9][0-9.]*\)-MariaDB.*/\1/'), $(nproc) processors"
copy "$work/src"

build() {
    cmake -S "$work/src" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$work/build" --target wpbloat
}
passed build build build || exit 1

# The row is the incident's own last line.
for incident in harmless-at-five only-more-traffic data-bomb saturated-now memory-exhausted; do
    # shellcheck disable=SC2310
    passed "$incident" "$incident" sh "$work/src/tests/scenario/requests/$incident.sh" \
        "$work/build/wpbloat" || continue
    row "$incident" "$(tail -n 1 "$logs/$incident.log")"
done
exit "$failed"
