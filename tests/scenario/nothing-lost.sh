#!/bin/sh
# nothing-lost.sh WPBLOAT FAULTS [ROUNDS] - the agent is killed again and again at random
# moments, with a disk that fails now and then and a receiver that answers as it likes: the
# final state of every alert arrives, in order, and no more often than it must.
#
# FAULTS is the library of faults.c. 50 rounds unless told otherwise; release.sh asks for
# 500. WPB_SEED repeats a run.
set -eu

wpbloat=$1
faults=$2
rounds=${3:-50}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli "$python"
start_redis redis
seed=${WPB_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed"
"$python" "$here/nothing-lost/drive.py" "$wpbloat" "$faults" "$work" "$rounds" "$seed" ||
    fail "seed $seed: see above"
