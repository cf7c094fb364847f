#!/bin/sh
# What a shop pays for being watched: the processor time of its servers and the median
# time of a page, of one whose servers are set as wpbloat recommends (log of requests, log
# of slow ones, pm.status_listen, performance_schema) and of one that an agent watches
# with every sensor at its default interval, against one that knows nothing of wpbloat; a
# second one that knows nothing shows what is noise. The four stand beside each other and
# are asked in turn, page by page, so that whatever else the machine does meets them all;
# ROUNDS times anew, so that what was luck of one start is in the interval as well. Then
# the agent's own memory and processor time.
#
# Twice: with pages that ask the database a few times, and with such that ask three
# hundred times more, since MariaDB's performance_schema costs by the statement.
#   tests/bench/sensors.sh BUILD_FOLDER [ROUNDS [SECONDS]]      (a Release build)
set -eu
build=${1:?usage: sensors.sh BUILD_FOLDER [ROUNDS [SECONDS]]}
rounds=${2:-4}
seconds=${3:-60}
here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --build "$build" --target wpbloat >"$log" || { cat "$log"; exit 1; }
for plugins in '' kestrel-currency; do
    # shellcheck disable=SC2086
    python3 "$here/sensors.py" "$here/../scenario/requests/stack.sh" "$build/wpbloat" \
        "$rounds" "$seconds" $plugins
done
