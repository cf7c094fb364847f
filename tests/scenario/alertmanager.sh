#!/bin/sh
# alertmanager.sh PUMP_SEND - two clustered Alertmanagers and the alerts that they show.
#
# Both peers show what fires, a change of severity ends the former alert, a peer that was
# away is told again, and whoever is notified hears of each alert once, and of its end.
set -eu

pump_send=$1
. "$(dirname "$0")/servers.sh"
. "$(dirname "$0")/expect.sh"
need prometheus-alertmanager amtool curl

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Whoever is notified by the cluster.
mkfifo "$work/stay"
"$python" "$(dirname "$0")/receiver.py" "$work/notified.jsonl" <"$work/stay" \
    >"$work/receiver.out" &
receiver_pid=$!
server_pids="$server_pids $receiver_pid"
exec 8>"$work/stay"
wait_for receiver.py "$receiver_pid" grep -q port "$work/receiver.out"
notified_port=$(sed 's/port //' "$work/receiver.out")

cat >"$work/alertmanager.yml" <<EOF
route:
  receiver: hook
  group_by: ['...']
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs:
      - url: http://127.0.0.1:$notified_port/answer/200
        send_resolved: true
EOF
amtool check-config "$work/alertmanager.yml" >"$work/amtool.log" 2>&1 || fail "check-config"

# start_peer NAME WEB_PORT CLUSTER_PORT OTHER_CLUSTER_PORT. Sets peer_pid.
start_peer() {
    prometheus-alertmanager --config.file="$work/alertmanager.yml" \
        --storage.path="$work/$1" --web.listen-address="127.0.0.1:$2" \
        --cluster.listen-address="127.0.0.1:$3" --cluster.peer="127.0.0.1:$4" \
        --cluster.settle-timeout=3s --cluster.reconnect-interval=1s \
        --cluster.peer-timeout=3s >>"$work/$1.log" 2>&1 8>&- 9>&- &
    peer_pid=$!
    server_pids="$server_pids $peer_pid"
    wait_for "alertmanager $1" "$peer_pid" curl -fsS "http://127.0.0.1:$2/-/ready"
}

web_one=$(free_port) web_two=$(free_port) gossip_one=$(free_port) gossip_two=$(free_port)
start_peer one "$web_one" "$gossip_one" "$gossip_two"
start_peer two "$web_two" "$gossip_two" "$gossip_one"
peer_two_pid=$peer_pid

members() {
    curl -fsS "http://127.0.0.1:$1/api/v2/status" |
        "$python" -c 'import json, sys; sys.exit(len(json.load(sys.stdin)["cluster"]["peers"]) != 2)'
}
wait_for "the cluster" "$peer_pid" members "$web_one"

# The program, which is told what to do through a pipe.
mkfifo "$work/commands"
"$pump_send" alertmanager "http://127.0.0.1:$web_one/" "http://127.0.0.1:$web_two" \
    --resend 1 --label datacenter=fra1 <"$work/commands" >"$work/pump.log" 2>&1 8>&- &
pump_pid=$!
server_pids="$server_pids $pump_pid"
exec 9>"$work/commands"

said=0
# say COMMAND...: and wait until it was done.
say() {
    echo "$*" >&9
    said=$((said + 1))
    wait_for "pump_send: $*" "$pump_pid" answered "$said"
}
answered() {
    [ "$(grep -c '^done: ' "$work/pump.log")" -ge "$1" ]
}

# shows WEB_PORT EXPRESSION: the Python expression over `a`, the alerts that fire there by
# site and severity, is true.
shows() {
    amtool --alertmanager.url="http://127.0.0.1:$1" alert query -o json >"$work/alerts.json" &&
        "$python" - "$work/alerts.json" "$2" <<'EOF'
import json, sys
alerts = json.load(open(sys.argv[1], encoding="utf-8")) or []
a = {(x["labels"]["site"], x["labels"]["severity"]): x for x in alerts}
sys.exit(not eval("(" + sys.argv[2] + ")", {"a": a, "json": json}))
EOF
}
# come_to_show WEB_PORT EXPRESSION: before long.
come_to_show() {
    until_tries=0
    until shows "$1" "$2"; do
        until_tries=$((until_tries + 1))
        [ "$until_tries" -lt 300 ] || {
            cat "$work/alerts.json" "$work/pump.log" >&2
            fail "Alertmanager at $1 never showed: $2"
        }
        if [ $((until_tries % 10)) -eq 0 ]; then
            say run 0.1
        else
            sleep 0.1
        fi
    done
}

say test
grep -q '^alertmanager: delivered: 2 of 2 peers took it$' "$work/pump.log" ||
    fail "the test was not delivered"
say fire shop warning
say drain
for web in "$web_one" "$web_two"; do
    shows "$web" 'set(a) == {("shop", "warning"), ("test", "info")}' ||
        fail "the alert does not fire at both peers: $(cat "$work/alerts.json")"
    shows "$web" 'a["shop", "warning"]["labels"] == {
        "alertname": "cache.notoptions_bloat", "severity": "warning", "site": "shop",
        "host": "web-17", "fingerprint": a["shop", "warning"]["labels"]["fingerprint"],
        "datacenter": "fra1"}' || fail "labels: $(cat "$work/alerts.json")"
    shows "$web" '"\u202e<script>" in a["shop", "warning"]["annotations"]["title"] and
        a["shop", "warning"]["annotations"]["remedy"] == "Mend it."' || fail "annotations"
done

# A change of severity: one alert, not two.
say fire shop critical
say drain
for web in "$web_one" "$web_two"; do
    shows "$web" 'set(a) == {("shop", "critical"), ("test", "info")}' ||
        fail "after a change of severity: $(cat "$work/alerts.json")"
done

# A peer that is away does not hold up the other, and is told when it is back.
stop_server "$peer_two_pid"
say fire club warning
say drain
say status
grep -q '^delivered 3, failed 0, rejected 0, pending 0: $' "$work/pump.log" ||
    fail "with one peer away: $(grep '^delivered' "$work/pump.log")"
shows "$web_one" '("club", "warning") in a' || fail "the peer that is there does not show it"
start_peer two "$web_two" "$gossip_two" "$gossip_one"
come_to_show "$web_two" '{("shop", "critical"), ("club", "warning")} <= set(a)'

# What is resolved ends at both. A test is not told again.
say resolve shop
say resolve club
say drain
for web in "$web_one" "$web_two"; do
    come_to_show "$web" 'set(a) <= {("test", "info")}'
done

# Nothing is left that keeps an alert alive but its end, which is five minutes ahead.
shows "$web_one" 'a["test", "info"]["endsAt"] > a["test", "info"]["updatedAt"]' || fail "no end"

# Notifications: each state once from the cluster, and the end of each.
heard() {
    "$python" - "$work/notified.jsonl" <<'EOF'
import json, sys
heard = []
for line in open(sys.argv[1], encoding="utf-8"):
    for alert in json.loads(json.loads(line)["body"])["alerts"]:
        heard.append((alert["labels"]["site"], alert["labels"]["severity"], alert["status"]))
for name, severity in (("shop", "critical"), ("club", "warning")):
    states = [h[2] for h in heard if h[:2] == (name, severity)]
    if "firing" not in states or states[-1] != "resolved":
        sys.exit(f"{name}: {states}")
EOF
}
heard_tries=0
until heard 2>"$work/heard.log"; do
    heard_tries=$((heard_tries + 1))
    [ "$heard_tries" -lt 300 ] || fail "notifications: $(cat "$work/heard.log")"
    sleep 0.1
done

exec 9>&-
wait "$pump_pid" || fail "pump_send ended with $?"
exec 8>&-
echo "two peers of $(prometheus-alertmanager --version 2>&1 | head -n 1)"
