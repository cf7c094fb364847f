#!/bin/sh
# saturated-now.sh WPBLOAT - 24 visitors on eight workers, who ask again as soon as they
# are answered: every worker is busy and 16 requests wait. wpbloat still answers, tells
# the queue as the kernel sees it, and who keeps the workers busy.
set -eu

. "$(dirname "$0")/lab.sh"
wpbloat=$1

# queue: what the kernel says of the pool's listener.
queue() {
    ss -xlH | awk -v listener="$work/php.sock" '$5 == listener { print $3 }'
}

lab_config="define( 'HARRIER_SEARCH_HOLD_MS', 140 );"
lab_start kestrel-currency harrier-search

! is_judged || lab_agent "$wpbloat"
lab_record_begin
lab_drive crowd --seed 4 --closed 24:40 --warm 5 &
crowd_pid=$!
server_pids="$crowd_pid $server_pids"
sleep 25
true_queue=$(queue)
if is_judged; then
    lab_ask /healthz >"$work/health.out" || fail "the agent does not answer"
    lab_findings findings
fi
wait "$crowd_pid" || fail "the load ended early"
lab_record_end

cat "$work/crowd.steps"
echo "waiting in the queue: $true_queue"
[ "$true_queue" -ge 12 ] || fail "the pool was not saturated"
is_judged || exit 0

expect_json findings \
    "abs(f['requests.queue']['evidence']['queued'] - $true_queue) <= 4" \
    "f['requests.pool_saturated']['evidence']['max_children'] == 8" \
    "'plugin:harrier-search' in str(f['requests.culprit'])"
