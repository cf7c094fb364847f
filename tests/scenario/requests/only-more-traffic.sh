#!/bin/sh
# only-more-traffic.sh WPBLOAT - a shop without a fault: its pages cost processor time,
# the same for everybody. wpbloat watches a third of what it can bear, must say how much
# that is and that the processors end first, and must not say that work grows.
set -eu

. "$(dirname "$0")/lab.sh"
wpbloat=$1

lab_config="define( 'MERLIN_ROUNDS', 150000 );"
lab_start merlin-lookbook

! is_judged || lab_agent "$wpbloat"
lab_record_begin
lab_drive watched --seed 2 --steps \
    4:15,8:15,6:15,10:15,3:15,7:15,9:15,5:15,12:15,4:15,8:15,11:15,6:15,3:15
lab_record_end
! is_judged || lab_findings findings

lab_drive sixty --seed 60 --warm 4 --steps 60:20
cat "$work/watched.steps" "$work/sixty.steps"
capacity=$(lab_step sixty achieved_per_second)
echo "sixty a second were asked for; $capacity were answered"
is_judged || exit 0

# At half of what it can bear nobody is to be warned: the capacity stands in the table.
pool="d['tables']['fpm_pools'][0]"
expect_json findings \
    "near(${pool}['capacity_per_second'], $capacity, 0.25)" \
    "${pool}['bottleneck'] == 'cpu'" \
    "'requests.knee' not in f" \
    "not [c for c in f if c.startswith('requests.work_grows')]" \
    "'requests.n_plus_one' not in f" \
    "'requests.lock_contention' not in f"
