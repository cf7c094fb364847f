#!/bin/sh
# replay.sh REPLAY - recorded runs of the lab, analysed again (replay.c), and twenty draws
# of each in blocks:
#   harmless-at-five   watched at one to six requests a second; 7.50 a second were answered
#                      of the 20 that were asked for afterwards: the lock is told first
#   only-more-traffic  watched at three to twelve; 21.9 were answered of 60: the processors
#                      are told first, and in no draw that work grows
# What was answered is what the driver measured in the same run as the recording.
set -eu

replay=$1
records=$(cd "$(dirname "$0")" && pwd)/records
work=$(mktemp -d "${TMPDIR:-/tmp}/wpbloat-replay.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() {
    echo "replay.sh: $1" >&2
    cat "$work"/* >&2
    exit 1
}

# told NAME CAPACITY FIRST: of the recording, the capacity within a quarter, and what ends
# first.
told() {
    "$replay" "$records/$1" 10 8 2 20 >"$work/$1"
    grep "^recorded .* first=$3 refusal= " "$work/$1" >"$work/$1.recorded" ||
        fail "$1: $3 is not told as what ends first"
    sed 's/.* capacity=\([0-9.]*\) .*/\1/' "$work/$1.recorded" |
        awk -v truth="$2" '{ exit !($1 >= truth * 0.75 && $1 <= truth * 1.25) }' ||
        fail "$1: the capacity is not near $2"
}
told harmless-at-five 7.50 lock
told only-more-traffic 21.9 cpu

# The time in a worker grows where processors are shared; that is no work.
[ "$(grep -c '^replayed' "$work/only-more-traffic")" -eq 20 ] || fail "twenty draws are missing"
! sed 's/service_seconds=[^ ]*//' "$work/only-more-traffic" | grep -q grows ||
    fail "work is said to grow that does not"
