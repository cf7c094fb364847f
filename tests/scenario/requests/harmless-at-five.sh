#!/bin/sh
# harmless-at-five.sh WPBLOAT - at five requests a second nothing hurts; at twenty it
# falls apart. One plugin recalculates 300 prices for each page, another rebuilds an index
# under a row lock. wpbloat watches one to six a second on eight workers, and must say
# how many there can be, what ends first, and who does it; then twenty a second show
# whether that is true.
set -eu

. "$(dirname "$0")/lab.sh"
wpbloat=$1

lab_config="define( 'HARRIER_SEARCH_HOLD_MS', 140 );"
lab_start kestrel-currency harrier-search

! is_judged || lab_agent "$wpbloat"
lab_record_begin
lab_drive watched --seed 5 --steps \
    3:15,1:15,4:15,2:15,5:15,3:15,6:15,4:15,2:15,5:15,1:15,6:15,3:15,5:15,4:15,6:15,2:15,5:15
lab_record_end
! is_judged || lab_findings findings

lab_drive twenty --seed 20 --warm 4 --steps 20:24
cat "$work/watched.steps" "$work/twenty.steps"
capacity=$(lab_step twenty achieved_per_second)
echo "twenty a second were asked for; $capacity were answered"
is_judged || exit 0

knee="f['requests.knee']"
lock="f['requests.lock_contention']"
many="f['requests.n_plus_one']"
expect_json findings \
    "near(${knee}['evidence']['capacity_per_second'], $capacity, 0.25)" \
    "${knee}['evidence']['first_bottleneck'] == 'lock'" \
    "'hq_harrier_index' in str(${lock})" \
    "'generation' in str(${lock})" \
    "'hq_kestrel_prices' in str(${many})" \
    "'plugin:harrier-search' in str(d['findings'])" \
    "'plugin:kestrel-currency' in str(d['findings'])" \
    "'requests.work_grows_with_data' not in f"
