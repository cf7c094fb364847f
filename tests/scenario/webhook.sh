#!/bin/sh
# webhook.sh PUMP_SEND - alerts that arrive although their receiver fails in every way.
#
# It answers 500, asks for time, closes with and without having taken what it was sent:
# the last state of each alert arrives, in order, signed, and twice only where it was
# taken and not acknowledged.
set -eu

pump_send=$1
. "$(dirname "$0")/servers.sh"
. "$(dirname "$0")/expect.sh"
secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw

# start_receiver NAME ANSWERS. Sets receiver_port.
start_receiver() {
    mkfifo "$work/$1.stay"
    "$python" "$(dirname "$0")/receiver.py" "$work/$1.jsonl" --secret "$secret" \
        --answers "$2" <"$work/$1.stay" >"$work/$1.port" 2>"$work/$1.log" 8>&- &
    server_pids="$server_pids $!"
    receiver_pid=$!
    exec 8>"$work/$1.stay"
    wait_for receiver.py "$receiver_pid" grep -q port "$work/$1.port"
    receiver_port=$(sed 's/port //' "$work/$1.port")
}

# expect_heard NAME EXPRESSION...: over `heard`, the list of what was sent: (site, seq,
# status, what the receiver said, signature), are true.
expect_heard() {
    heard_name=$1
    shift
    "$python" - "$work/$heard_name.jsonl" "$@" <<'EOF' || fail "$heard_name: see above"
import json, sys
heard = []
for line in open(sys.argv[1], encoding="utf-8"):
    request = json.loads(line)
    body = json.loads(request["body"])
    heard.append((body["site"], body["seq"], body["status"], request["said"],
                  request["signature"]))
last = {h[0]: h for h in heard}
taken = [h for h in heard if h[3] in ("/answer/200", "/heard-close")]
wrong = [e for e in sys.argv[2:]
         if not eval("(" + e + ")", {"heard": heard, "last": last, "taken": taken})]
for expression in wrong:
    print("not true:", expression, heard, sep="\n", file=sys.stderr)
sys.exit(bool(wrong))
EOF
}

start_receiver sick 500,429:1,close,heard-close,200
"$pump_send" webhook "http://127.0.0.1:$receiver_port/answers" --secret "$secret" \
    >"$work/sick.out" 2>"$work/pump.log" <<'EOF'
fire shop warning
fire club warning
run 0.2
fire shop critical
resolve club
fire atelier info
drain
status
EOF
# A connection that was kept and is closed unanswered is tried anew within one attempt.
grep -q '^delivered 3, failed [34], rejected 0, pending 0: $' "$work/sick.out" ||
    fail "$(cat "$work/sick.out")"
expect_heard sick 'all(h[4] == "good" for h in heard)' \
    'last["shop"][1:4] == (3, "firing", "/answer/200")' \
    'last["club"][1:4] == (4, "resolved", "/answer/200")' \
    'last["atelier"][1:4] == (5, "firing", "/answer/200")' \
    'all(a[1] <= b[1] for a in heard for b in heard[heard.index(a):] if a[0] == b[0])' \
    'len(taken) - len({h[:2] for h in taken}) <= 1'

# Whoever rejects is not asked again, and it is said why.
start_receiver strict 401
"$pump_send" webhook "http://127.0.0.1:$receiver_port/answers" >"$work/strict.out" \
    2>"$work/strict.err" <<'EOF'
fire shop warning
drain
status
test
EOF
grep -q '^delivered 0, failed 0, rejected 1, pending 0: .* answered 401: so it is$' \
    "$work/strict.out" || fail "$(cat "$work/strict.out")"
grep -q '^webhook: rejected: 127.0.0.1:[0-9]* answered 401' "$work/strict.out" ||
    fail "$(cat "$work/strict.out")"
grep -q 'rejected alert 01J[0-9]* of [0-9a-f]*, which is given up: .* answered 401' \
    "$work/strict.err" || fail "$(cat "$work/strict.err")"

# Nobody there at all: the end does not wait for it.
"$pump_send" webhook http://127.0.0.1:1/ >"$work/nobody.out" 2>&1 <<'EOF'
fire shop warning
run 0.1
status
EOF
grep -q '^delivered 0, failed [1-9][0-9]*, rejected 0, pending 1: 127.0.0.1:1: .*onnect' \
    "$work/nobody.out" || fail "$(cat "$work/nobody.out")"
exec 8>&-
