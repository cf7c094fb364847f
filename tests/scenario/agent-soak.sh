#!/bin/sh
# agent-soak.sh WPBLOAT [HOURS [RATE [KB]]] - twenty sites on one agent, whose clock runs RATE
# times as fast: its memory and its descriptors stay as they are while entries grow, come and
# go, and its memory (RssAnon) is at most KB in the end, if that is given: a build with
# sanitizers needs many times what a user's does.
#
# An hour, 60 times as fast, unless told otherwise; release.sh asks for a day and 10 MB.
set -eu

wpbloat=$1
hours=${2:-1}
rate=${3:-60}
most_kb=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli curl "$python"
start_redis redis --databases 20
http=$work/http.sock
{
    printf '[agent]\nstate = %s/state\nlisten = unix:%s\nsites = none\nhost_id = scenario\n' \
        "$work" "$http"
    printf '[sink file]\npath = %s/alerts.jsonl\n' "$work"
    for site in $(seq 0 19); do
        printf '[site s%s]\nredis = unix://%s/redis.sock?db=%s\nredis_prefix = wp:\nmemory_limit = 128M\n' \
            "$site" "$work" "$site"
    done
} >"$work/wpbloat.conf"
chmod 600 "$work/wpbloat.conf"

# fill SITE NAMES: a list of so many names and as many cache entries of a few groups.
"$python" - "$work/redis.sock" fill <<'PYTHON'
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
reader = link.makefile("rb")
def ask(*words):
    link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
    line = reader.readline()
    assert line[:1] in b"+:", line
for site in range(20):
    ask(b"SELECT", str(site).encode())
    for i in range(400):
        ask(b"SET", f"wp:posts:{i}".encode(), b"x" * 300)
        ask(b"SET", f"wp:post_meta:{i}".encode(), b"y" * 600)
    names = 200 + 2000 * site
    body = "".join(f's:24:"kestrel_tariff_v2_{i:06x}";b:1;' for i in range(names))
    ask(b"SET", b"wp:options:notoptions", f"a:{names}:{{{body}}}".encode())
PYTHON

# The sanitizer keeps what was freed for a while; here that would look like growth.
ASAN_OPTIONS="quarantine_size_mb=1:${ASAN_OPTIONS:-}" WPB_FAKE_TIME_MS=$(date +%s)000 \
    WPB_FAKE_TIME_RATE=$rate "$wpbloat" agent --config "$work/wpbloat.conf" \
    >"$work/agent.out" 2>"$work/agent.log" &
agent_pid=$!
server_pids="$server_pids $agent_pid"
looks() {
    curl -s --max-time 20 --unix-socket "$http" http://localhost/metrics |
        awk '$1 == "wpbloat_looks_total" { print $2 }'
}
has_looked() {
    [ "$(looks)" -ge "$1" ]
}
memory() {
    awk '/^RssAnon/ { print $2 }' "/proc/$agent_pid/status"
}
descriptors() {
    find "/proc/$agent_pid/fd" -type l | wc -l
}
wait_for "the first looks" "$agent_pid" has_looked 5

total=$((hours * 3600 / rate))
third=$((total / 3))
churn() {
    # One entry comes and goes, another grows.
    redis-cli -s "$work/redis.sock" -n $(($1 % 20)) SET "wp:post_meta:large$(($1 % 7))" \
        "$(printf '%*s' $((20000 + $1 * 40)) '')" >/dev/null
    redis-cli -s "$work/redis.sock" -n $((($1 + 3) % 20)) UNLINK "wp:post_meta:large$((($1 + 2) % 7))" >/dev/null
}
# lower A B: the lower of both; A may be empty.
lower() {
    if [ -n "$1" ] && [ "$1" -lt "$2" ]; then echo "$1"; else echo "$2"; fi
}
# One instant says little: connections of looks, sinks and scrapers come and go, and so does
# the memory of a look. What leaks stays, and so is in the lowest of ten counts too.
memory_then='' descriptors_then='' memory_now='' descriptors_now=''
second=0
while [ "$second" -lt "$total" ]; do
    is_running "$agent_pid" || fail "the agent ended"
    if [ "$second" -ge "$third" ] && [ "$second" -lt $((third + 10)) ]; then
        memory_then=$(lower "$memory_then" "$(memory)")
        descriptors_then=$(lower "$descriptors_then" "$(descriptors)")
    elif [ "$second" -ge $((total - 10)) ]; then
        memory_now=$(lower "$memory_now" "$(memory)")
        descriptors_now=$(lower "$descriptors_now" "$(descriptors)")
    fi
    churn "$second"
    second=$((second + 1))
    sleep 1
done
count=$(looks)
stop_server "$agent_pid"
tail -n 1 "$work/agent.log" | grep -q ended || fail "it did not end in good order"
echo "$hours h, $count looks: RssAnon $memory_then kB after a third, $memory_now kB at the end;" \
    "descriptors $descriptors_then and $descriptors_now"
[ "$count" -ge $((hours * 30)) ] || fail "only $count looks in $hours h"
[ "$memory_now" -le $((memory_then + memory_then / 5)) ] || fail "its memory grows"
[ -z "$most_kb" ] || [ "$memory_now" -le "$most_kb" ] || fail "its memory is more than $most_kb kB"
[ "$descriptors_now" -le $((descriptors_then + 2)) ] || fail "its descriptors grow"
