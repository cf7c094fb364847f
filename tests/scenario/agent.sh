#!/bin/sh
# agent.sh WPBLOAT - the agent on a sick site: the incident becomes an alert in a file, is
# seen on /metrics and /findings.json, and resolves; a bad configuration changes nothing,
# servers that go away and come back neither fire nor clear, and its end is orderly.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php curl "$python"

start_redis redis --maxmemory 256mb --maxmemory-policy volatile-lru
socket=$work/redis.sock
key=q7:prod_kx:options:notoptions
php "$here/incident/seed.php" "$socket"
cp -R "$here/incident/site" "$work/shop"
sed "s|@SOCKET@|$socket|" "$here/incident/site/wp-config.php" >"$work/shop/wp-config.php"

conf=$work/wpbloat.conf
alerts=$work/alerts.jsonl
http=$work/http.sock

# configure: what stdin says after the usual.
configure() {
    {
        cat <<CONF
[agent]
state = $work/state
listen = unix:$http
interval = 1s
sites = none
host_id = scenario

[site shop]
path = $work/shop
owner = team-checkout

[sink file]
path = $alerts
CONF
        cat
    } >"$conf"
    chmod 600 "$conf"
}

start_agent() {
    "$wpbloat" agent --config "$conf" >"$work/agent.out" 2>>"$work/agent.log" &
    agent_pid=$!
    server_pids="$server_pids $agent_pid"
    wait_for "the agent" "$agent_pid" answers /healthz
}

# ask PATH: what the agent answers.
ask() {
    curl -sS --max-time 20 --unix-socket "$http" "http://localhost$1"
}

answers() {
    [ "$(curl -s --max-time 5 -o "$work/answer" -w '%{http_code}' --unix-socket "$http" \
        "http://localhost$1")" = 200 ]
}

# has_alert PYTHON: some line of the file is an alert for which this is true.
has_alert() {
    [ -s "$alerts" ] && "$python" - "$alerts" "$1" <<'PYTHON'
import json, sys
want = ' '.join(sys.argv[2].split())
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(0 if any(eval(want, {"a": a}) for a in lines) else 1)
PYTHON
}

count_alerts() {
    [ -s "$alerts" ] || { echo 0; return; }
    grep -c "$1" "$alerts" || return 0
}

# The incident becomes an alert, with its cause.
configure </dev/null
start_agent
wait_for "the alert" "$agent_pid" has_alert \
    "a['code'] == 'cache.notoptions_bloat' and a['status'] == 'firing'"
[ "$(stat -c %a "$work/state")" = 700 ] || fail "the state folder is open to others"
"$python" "$repository/tests/lint/validate_json.py" --ndjson \
    "$repository/docs/alert.schema.json" "$alerts" || fail "an alert does not match its schema"
has_alert "a['code'] == 'cache.notoptions_bloat' and a['site'] == 'shop'
    and a['owner'] == 'team-checkout' and a['subject']['name'] == '$key'
    and a['evidence']['entries'] == 65768" || fail "the alert does not say what is wrong"
[ "$(wc -c <"$alerts")" -lt 65536 ] || fail "alerts are too long"

# What it shows.
ask /findings.json >"$work/findings.out"
: >"$work/findings.err"
expect_report findings
expect_json findings "f['cache.notoptions_bloat']['evidence']['entries'] == 65768" \
    "one(d['coverage'], probe='redis.watchlist')['status'] == 'ok'"
ask /metrics >"$work/metrics.out"
: >"$work/metrics.err"
expect_line metrics out '^wpbloat_up 1'
expect_line metrics out '^wpbloat_notoptions_bytes\{site="shop"\} 3971911'
expect_no_line metrics out 'kestrel|prod_kx'
[ "$(grep -vc '^#' "$work/metrics.out")" -le 72 ] || fail "more than 72 series"
ask / >"$work/page.out"
: >"$work/page.err"
expect_line page out 'kestrel-pricing/includes/class-tariff\.php:5'

# Redis goes away: neither cleared nor fired again. The configuration is bad: kept.
before=$(count_alerts '"cache.notoptions_bloat"')
stop_server "$redis_pid"
wait_for "the word about redis" "$agent_pid" sh -c \
    "curl -s --unix-socket $http http://localhost/metrics | grep -q '^wpbloat_targets_paused [1-9]'"
echo 'interval = none of your business' | configure
kill -HUP "$agent_pid"
wait_for "the word about the configuration" "$agent_pid" \
    grep -q 'wpbloat.conf:14: ' "$work/agent.log"
grep -q 'the configuration that was read before stays' "$work/agent.log" ||
    fail "nobody said that the old configuration stays"
[ "$(count_alerts '"cache.notoptions_bloat"')" = "$before" ] ||
    fail "the alert changed while redis was away"

# Redis comes back without the entry: resolved, under the same fingerprint.
start_redis redis --maxmemory 256mb --maxmemory-policy volatile-lru
php "$here/incident/seed.php" "$socket"
redis-cli -s "$socket" -n 1 UNLINK "$key" >/dev/null
configure </dev/null
kill -HUP "$agent_pid"
wait_for "the resolution" "$agent_pid" has_alert \
    "a['code'] == 'cache.notoptions_bloat' and a['status'] == 'resolved'"
"$python" - "$alerts" <<'PYTHON' || fail "the alert's life is not one"
import json, sys
life = [a for a in map(json.loads, open(sys.argv[1], encoding="utf-8"))
        if a["code"] == "cache.notoptions_bloat"]
assert len({a["fingerprint"] for a in life}) == 1, life
assert [a["status"] for a in life] == ["firing", "resolved"], [a["status"] for a in life]
assert life[0]["seq"] < life[1]["seq"] and life[0]["id"] != life[1]["id"]
assert life[0]["starts_at"] == life[1]["starts_at"] and life[1]["ends_at"]
PYTHON

# Its end, and another life: what fired is remembered, and not told again.
stop_server "$agent_pid"
tail -n 1 "$work/agent.log" | grep -q 'ended' || fail "it did not end in good order"
total=$(wc -l <"$alerts")
start_agent
sleep 8
[ "$(wc -l <"$alerts")" = "$total" ] || fail "a restart told alerts again"
# A sink that is new is told what fires, and the others are not, whether it comes by a
# SIGHUP or with a restart.
expect_told() {
    wait_for "what fires, in $1" "$agent_pid" test -s "$work/$1"
    "$python" - "$work/$1" <<'PYTHON' || fail "$1 was not told what fires, once"
import json, sys
told = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert told and all(a["status"] == "firing" for a in told), told
assert len({a["fingerprint"] for a in told}) == len(told), told
PYTHON
    [ "$(wc -l <"$alerts")" = "$total" ] || fail "what was told was told again"
}
php "$here/incident/seed.php" "$socket"
has_fired_again() {
    [ "$(count_alerts '"cache.notoptions_bloat"')" = $((before + 2)) ]
}
wait_for "the alert, again" "$agent_pid" has_fired_again
total=$(wc -l <"$alerts")
printf '[sink two]\ntype = file\npath = %s/two.jsonl\n' "$work" | configure
kill -HUP "$agent_pid"
expect_told two.jsonl
stop_server "$agent_pid"
printf '[sink %s]\ntype = file\npath = %s.jsonl\n' two "$work/two" three "$work/three" | configure
told=$(wc -l <"$work/two.jsonl")
start_agent
expect_told three.jsonl
[ "$(wc -l <"$work/two.jsonl")" = "$told" ] || fail "a restart told a sink again"
[ "$(wc -l <"$work/three.jsonl")" = "$told" ] || fail "the third sink was told something else"
run second "$wpbloat" agent --config "$conf"
expect_code second 1
expect_line second err 'another'
stop_server "$agent_pid"

# Through each sink, by hand.
run try "$wpbloat" agent --config "$conf" --test-alert
expect_code try 0
expect_line try out '^delivered +\[sink file\]'
has_alert "a['code'] == 'agent.test'" || fail "the test alert did not arrive"
printf '[sink webhook]\nurl = http://127.0.0.1:9/nobody\n' | configure
run refused "$wpbloat" agent --config "$conf" --test-alert
expect_code refused 1
expect_line refused out '^FAILED +\[sink webhook\].*127\.0\.0\.1:9'
expect_no_line refused out nobody

# Somebody who listens elsewhere keeps listening until the new place is taken, and a token
# that is put into its file anew counts from the next SIGHUP on.
configure </dev/null
sed -i "s|^listen = .*|listen = unix:$work/second.sock\nlisten_token_file = $work/token|" "$conf"
printf 'first-token\n' >"$work/token"
chmod 600 "$work/token"
configure_http=$http
http=$work/second.sock
start_agent
code_of() {
    curl -s --max-time 20 -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer $1" \
        --unix-socket "$http" http://localhost/findings.json
}
[ "$(code_of first-token)" = 200 ] || fail "the token does not open"
[ "$(code_of another)" = 401 ] || fail "any token opens"
printf 'second-token\n' >"$work/token"
kill -HUP "$agent_pid"
accepts() {
    [ "$(code_of "$1")" = 200 ]
}
wait_for "the new token" "$agent_pid" accepts second-token
[ "$(code_of first-token)" = 401 ] || fail "the old token still opens"
sed -i "s|^listen = .*|listen = unix:$work/no-such-folder/http.sock|" "$conf"
kill -HUP "$agent_pid"
wait_for "the word about the listener" "$agent_pid" grep -q 'not in force' "$work/agent.log"
[ "$(code_of second-token)" = 200 ] || fail "a listener that cannot be ended the one before"
sed -i "s|^listen = .*|listen = unix:$configure_http|" "$conf"
kill -HUP "$agent_pid"
http=$configure_http
wait_for "the new listener" "$agent_pid" accepts second-token
stop_server "$agent_pid"
