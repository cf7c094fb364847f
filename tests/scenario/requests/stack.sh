#!/bin/sh
# stack.sh plain|recommended|watched WPBLOAT PLUGIN... - a shop of lab.sh that stands
# until its input ends, for tests/bench/sensors.sh. plain: its servers as nobody has set
# them for wpbloat. recommended: as wpbloat recommends, and nobody reads what they write.
# watched: an agent does, at its default interval.
#
# Prints the folder of the shop and the process ids of its servers, then that of the
# agent, and "ready".
set -eu

. "$(dirname "$0")/lab.sh"
mode=$1 wpbloat=$2
shift 2

[ "$mode" != plain ] || lab_recommended=no
lab_interval=60s
lab_window=10s
lab_start "$@" >&2
echo "folder $work"
echo "servers $(echo "$server_pids" | xargs)"
if [ "$mode" = watched ]; then
    lab_agent "$wpbloat"
    echo "agent $agent_pid"
fi
echo ready
cat >/dev/null
