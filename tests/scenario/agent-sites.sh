#!/bin/sh
# agent-sites.sh WPBLOAT - sites = auto: a site that is there is watched, one that comes is
# noticed without anybody telling, one that cannot be read keeps its alert, and one that is
# gone resolves it.
#
# Time runs 300 times as fast: what happens every ten minutes happens every two seconds.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli curl "$python"
start_redis redis
socket=$work/redis.sock
alerts=$work/alerts.jsonl
http=$work/http.sock

# site NAME DATABASE: a WordPress in $work/sites/NAME with a notoptions of 30,000 names.
site() {
    mkdir -p "$work/sites"
    cp -R "$here/incident/site" "$work/site.new"
    sed -e "s|@SOCKET@|$socket|" -e "s|'WP_REDIS_DATABASE', *[0-9]*|'WP_REDIS_DATABASE', $2|" \
        "$here/incident/site/wp-config.php" >"$work/site.new/wp-config.php"
    grep -q "'WP_REDIS_DATABASE', $2" "$work/site.new/wp-config.php" ||
        fail "the site's database could not be set"
    mv "$work/site.new" "$work/sites/$1"
    "$python" -c 'n = 30000
print(f"a:{n}:{{" + "".join(f"s:24:\"kestrel_tariff_v2_{i:06x}\";b:1;" for i in range(n)) + "}",
      end="")' | redis-cli -s "$socket" -n "$2" -x SET q7:prod_kx:options:notoptions >/dev/null
}

# has_alert SITE STATUS: the newest alert about its notoptions says so.
has_alert() {
    [ -s "$alerts" ] && "$python" - "$alerts" "$1" "$2" <<'PYTHON'
import json, sys
life = [a for a in map(json.loads, open(sys.argv[1], encoding="utf-8"))
        if a["code"] == "cache.notoptions_bloat" and a["site"].endswith(sys.argv[2])]
sys.exit(0 if life and life[-1]["status"] == sys.argv[3] else 1)
PYTHON
}

cat >"$work/wpbloat.conf" <<CONF
[agent]
state = $work/state
listen = unix:$http
sites = auto
paths = $work/sites
host_id = scenario
[sink file]
path = $alerts
CONF
chmod 600 "$work/wpbloat.conf"
site first 1
WPB_FAKE_TIME_MS=$(date +%s)000 WPB_FAKE_TIME_RATE=300 \
    "$wpbloat" agent --config "$work/wpbloat.conf" >"$work/agent.out" 2>"$work/agent.log" &
agent_pid=$!
server_pids="$server_pids $agent_pid"
wait_for "the alert of the first" "$agent_pid" has_alert first firing

site second 2
wait_for "the alert of the second" "$agent_pid" has_alert second firing

# It cannot be read: nobody knows, and nothing is said. A folder in its place is no such
# thing as a file that root may not read.
mv "$work/sites/second/wp-config.php" "$work/hidden.php"
mkdir "$work/sites/second/wp-config.php"
wait_for "the word about the second" "$agent_pid" grep -q 'second.*: ' "$work/agent.log"
sleep 6
has_alert second firing || fail "a site that cannot be read was told to be well"

# Gone: resolved.
rm -rf "$work/sites/second"
wait_for "the resolution of the second" "$agent_pid" has_alert second resolved
has_alert first firing || fail "the first is not concerned"
stop_server "$agent_pid"
tail -n 1 "$work/agent.log" | grep -q ended || fail "it did not end in good order"
