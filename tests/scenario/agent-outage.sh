#!/bin/sh
# agent-outage.sh WPBLOAT - an accelerated hour in which Redis and the database go away and
# come back again and again, and three days without a receiver: the breakers open and
# close, nothing leaks, and the receiver ends with a correct picture of now alone.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli mariadb curl "$python"

start_redis redis
start_mariadb db
mariadb_wordpress db shop wp_
http=$work/http.sock
conf=$work/wpbloat.conf
cat >"$conf" <<CONF
[agent]
state = $work/state
listen = unix:$http
interval = 60s
sites = none
host_id = scenario
fire_after = 1/1
clear_after = 1/1

[site shop]
redis = unix://$work/redis.sock?db=0
redis_prefix = wp:
memory_limit = 128M
mysql = mysql+unix://$work/db.sock?db=shop&user=wpbloat
mysql_password_file = $work/db.password
table_prefix = wp_

[sink webhook]
url = http://127.0.0.1:@PORT@/hook
timeout = 2s
CONF
chmod 600 "$conf"

sick() {
    "$python" -c 'import sys
n = int(sys.argv[1])
print(f"a:{n}:{{" + "".join(f"s:24:\"kestrel_tariff_v2_{i:06x}\";b:1;" for i in range(n)) + "}",
      end="")' "$1" | redis-cli -s "$work/redis.sock" -x SET wp:options:notoptions >/dev/null
}

metric() {
    curl -s --max-time 20 --unix-socket "$http" http://localhost/metrics |
        awk -v name="$1" '$1 == name { print $2 }'
}

# is_metric NAME TEST-OPERATOR NUMBER
is_metric() {
    value=$(metric "$1")
    [ -n "$value" ] && [ "${value%.*}" "$2" "$3" ]
}

# start_agent RATE: as many times faster than time.
start_agent() {
    WPB_FAKE_TIME_MS=$start_ms WPB_FAKE_TIME_RATE=$1 WPB_FAKE_TIME_ORIGIN_MS=$origin_ms \
        "$wpbloat" agent --config "$conf" >"$work/agent.out" 2>>"$work/agent.log" &
    agent_pid=$!
    server_pids="$server_pids $agent_pid"
    # Whatever it can measure: it may be the first to start.
    wait_for "the agent" "$agent_pid" is_metric wpbloat_start_time_seconds -ge 1
}

descriptors() {
    find "/proc/$agent_pid/fd" -type l | wc -l
}

# --- an hour, 60 times as fast: a look a second
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/@PORT@/$port/" "$conf"
sick 5
start_ms=$(date +%s)000
origin_ms=$start_ms
# Nothing is there when it starts, and that is no reason to end.
stop_server "$redis_pid"
stop_server "$mariadb_pid"
start_agent 60
wait_for "the word that nothing answers" "$agent_pid" is_metric wpbloat_targets_paused -ge 2
start_redis redis
restart_mariadb db
sick 5
wait_for "the first looks" "$agent_pid" is_metric wpbloat_redis_commands_total -ge 3
wait_for "the first statements" "$agent_pid" is_metric wpbloat_mysql_statements_total -ge 3
before=$(descriptors)
for round in 1 2 3; do
    stop_server "$redis_pid"
    stop_server "$mariadb_pid"
    wait_for "breakers that open, round $round" "$agent_pid" \
        is_metric wpbloat_targets_paused -ge 2
    start_redis redis
    restart_mariadb db
    wait_for "breakers that close, round $round" "$agent_pid" \
        is_metric wpbloat_targets_paused -eq 0
done
# Connections come and go: what stays is what was there.
settled() {
    [ "$(descriptors)" -le $((before + 2)) ]
}
wait_for "descriptors like before ($before)" "$agent_pid" settled
stop_server "$agent_pid"
tail -n 1 "$work/agent.log" | grep -q ended || fail "it did not end in good order"

# --- three days without a receiver, an hour a second; states change all the time
start_ms=$((start_ms + 3 * 3600 * 1000))
origin_ms=$(date +%s)000
start_agent 14400
for turn in 1 2 3; do
    sick 30000
    wait_for "firing $turn" "$agent_pid" is_metric 'wpbloat_alerts{state="firing"}' -ge 1
    sick 5
    wait_for "clear $turn" "$agent_pid" is_metric 'wpbloat_alerts{state="firing"}' -eq 0
done
sick 30000
wait_for "firing at last" "$agent_pid" is_metric 'wpbloat_alerts{state="firing"}' -ge 1
sleep 8 # more than three days in all
queued=$(metric 'wpbloat_sink_queued{sink="webhook"}')
[ "${queued:-0}" -ge 1 ] || fail "nothing waits for the receiver ($queued)"
[ "$queued" -le 20 ] || fail "$queued alerts wait: not only the newest states"

cat >"$work/receiver.py" <<'PYTHON'
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[2], "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
PYTHON
"$python" "$work/receiver.py" "$port" "$work/received" &
server_pids="$server_pids $!"
has_drained() {
    is_metric 'wpbloat_sink_queued{sink="webhook"}' -eq 0 && [ -s "$work/received" ]
}
wait_for "the drain" "$agent_pid" has_drained
stop_server "$agent_pid"
"$python" - "$work/received" <<'PYTHON' || fail "the receiver's picture is wrong"
import json, sys
alerts = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
life = [a for a in alerts if a["code"] == "cache.notoptions_bloat"]
assert life and life[-1]["status"] == "firing", [(a["code"], a["status"]) for a in alerts]
# Three days of coming and going are told as what is, not as what was.
assert len(life) <= 3, len(life)
PYTHON
