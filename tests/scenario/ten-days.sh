#!/bin/sh
# ten-days.sh WPBLOAT - the incident as it happens, months in minutes: a notoptions that grows
# for ten days, a flush, and again. The agent has to say when it will fail at least three days
# before, once, resolve with the flush, and name the period after the second one.
#
# Time runs 14,400 times as fast: four hours a second.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli "$python"
start_redis redis
cat >"$work/wpbloat.conf" <<CONF
[agent]
state = $work/state
listen = unix:$work/http.sock
interval = 1h
sites = none
host_id = scenario

[site shop]
redis = unix://$work/redis.sock
redis_prefix = wp:
memory_limit = 32M

; What is said of the size alone has scenarios of its own.
[rule cache.notoptions_bloat]
enabled = no

[sink file]
path = $work/alerts.jsonl
CONF
chmod 600 "$work/wpbloat.conf"
"$python" "$here/ten-days/drive.py" "$wpbloat" "$work" || fail "see above"
