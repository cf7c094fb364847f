#!/bin/sh
# data-bomb.sh WPBLOAT - always the same traffic, but a table that every page counts
# through grows to ten times its size: work per request grows with data, and wpbloat
# must not blame concurrency for it.
set -eu

. "$(dirname "$0")/lab.sh"
wpbloat=$1
seconds=${WPB_LAB_SECONDS:-180}
rows=20000 # and ten times as many at the end

# add_events COUNT
add_events() {
    shop "INSERT INTO hq_osprey_events (kind, product, amount)
          SELECT IF(seq % 3, 'viewed', 'bought'), 1 + seq % 300, 1 + seq % 5
          FROM seq_1_to_$1"
}

# grow SECONDS: by the same number of rows every 2 s.
grow() {
    steps=$(($1 / 2))
    added=$((9 * rows / steps))
    while [ "$steps" -gt 0 ]; do
        sleep 2
        add_events "$added"
        steps=$((steps - 1))
    done
}

lab_window=3s lab_interval=3s
lab_start osprey-report
add_events "$rows"

! is_judged || lab_agent "$wpbloat"
lab_record_begin
grow "$seconds" &
grow_pid=$!
server_pids="$grow_pid $server_pids"
lab_drive watched --seed 3 --steps "8:$seconds"
stop_server "$grow_pid"
lab_record_end
! is_judged || lab_findings findings

cat "$work/watched.steps"
echo "rows at the end: $(shop 'SELECT COUNT(*) FROM hq_osprey_events')"
is_judged || exit 0

expect_json findings \
    "'rows' in str(f['requests.work_grows_with_data'])" \
    "'hq_osprey_events' in str(f['requests.work_grows_with_data'])" \
    "'requests.work_grows_with_concurrency' not in f"
