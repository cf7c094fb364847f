#!/bin/sh
# What the agent costs at its default interval: its memory, its processor time, what it
# sends to Redis and to a database, and how long it takes until it is ready; with one site
# and with twenty: in its first pass over everything, and in SECONDS after it. A pass over
# so many keys comes every 15 minutes (agent/schedule/cadence.c); "in all" is what both
# come to. Beside it, on the same Redis in the same run, Debian's
# prometheus-redis-exporter with --check-keys, asked every 15 s as Prometheus would.
#   tests/bench/agent.sh BUILD_FOLDER [SECONDS [KEYS]]      (a Release build)
set -eu
build=${1:?usage: agent.sh BUILD_FOLDER [SECONDS [KEYS]]}
seconds=${2:-120}
keys=${3:-100000}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/redis_private.sh"
. "$here/../../packaging/apt.sh"
command -v prometheus-redis-exporter >/dev/null ||
    apt_install "$work/apt.log" prometheus-redis-exporter
apt_restore
build_bench wpbloat bench_redis_keys
start_redis "$keys" 300

mariadb-install-db --no-defaults --datadir="$work/data" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=normal --user="$(id -un)" >"$work/install.log" 2>&1
mariadbd --no-defaults --datadir="$work/data" --socket="$work/db.sock" --skip-networking \
    --pid-file="$work/db.pid" --log-error="$work/db.log" --user="$(id -un)" &
load_pid=$!
until mariadb-admin --no-defaults -uroot --socket="$work/db.sock" ping >/dev/null 2>&1; do
    sleep 0.1
done
sed -e 's/{schema}/shop/g' -e 's/{prefix}/wp_/g' -e 's/{charset}/utf8mb4/g' \
    -e 's/{autoload_type}/varchar(20)/' -e 's/{autoload_key}/, KEY autoload (autoload)/' \
    -e 's/{session_key}//' "$here/../unit/wordpress_schema.sql" |
    mariadb --no-defaults -uroot --socket="$work/db.sock"

# configure SITES: that many, one of them with the database.
configure() {
    {
        printf '[agent]\nstate = %s/state.%s\nlisten = unix:%s/http.sock\nsites = none\n' \
            "$work" "$1" "$work"
        printf '[sink file]\npath = %s/alerts.jsonl\n' "$work"
        for site in $(seq 0 $(($1 - 1))); do
            printf '[site s%s]\nredis = unix://%s?db=%s\nredis_prefix = wp:\nmemory_limit = 128M\n' \
                "$site" "$socket" "$((site % 16))"
            [ "$site" -gt 0 ] || printf 'mysql = mysql+unix://%s/db.sock?db=shop&user=root\ntable_prefix = wp_\n' "$work"
        done
    } >"$work/wpbloat.conf"
    chmod 600 "$work/wpbloat.conf"
}

# commands: calls that Redis has counted, this one and SELECT aside.
commands() {
    redis info commandstats | tr -d '\r' |
        sed -n 's/^cmdstat_[^:]*:calls=\([0-9]*\),.*/\1/p' | awk '{ s += $1 } END { print s }'
}

statements() {
    mariadb --no-defaults -uroot --socket="$work/db.sock" -BNe \
        "SHOW GLOBAL STATUS LIKE 'Questions'" | awk '{ print $2 }'
}

ticks() {
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

memory() {
    awk '/^RssAnon|^VmRSS/ { v[$1] = $2 } END { print v["RssAnon:"], v["VmRSS:"] }' "/proc/$1/status"
}

# ready CONFIG...: milliseconds from the start of the agent to READY=1. Leaves it running,
# its pid in $work/agent.pid.
ready() {
    python3 - "$build/wpbloat" "$work" <<'PYTHON'
import os, socket, subprocess, sys, time
wpbloat, work = sys.argv[1:]
path = f"{work}/notify.sock"
if os.path.exists(path):
    os.unlink(path)
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(path)
manager.settimeout(30)
begun = time.monotonic()
log = open(f"{work}/agent.log", "a")
agent = subprocess.Popen([wpbloat, "agent", "--config", f"{work}/wpbloat.conf"], stdout=log,
                         stderr=log, env=dict(os.environ, NOTIFY_SOCKET=path),
                         start_new_session=True)
while b"READY=1" not in manager.recv(4096):
    pass
print(round((time.monotonic() - begun) * 1000))
open(f"{work}/agent.pid", "w").write(str(agent.pid))
PYTHON
}

agent_stop() {
    kill "$agent_pid"
    while kill -0 "$agent_pid" 2>/dev/null; do sleep 0.1; done
}

# Until its first pass is over: each key was asked for, and it has been at rest for 10 s.
at_rest() {
    until [ "$(($(commands) - commands_begun))" -ge "$keys" ]; do
        kill -0 "$agent_pid" || exit 1
        sleep 1
    done
    rest_ticks=$(ticks "$agent_pid") rest=0
    while [ "$rest" -lt 10 ]; do
        sleep 1
        rest=$((rest + 1))
        [ "$(ticks "$agent_pid")" -le "$((rest_ticks + 1))" ] ||
            rest=0 rest_ticks=$(ticks "$agent_pid")
    done
}

# watch SITES: the figures of an agent with that many.
watch() {
    configure "$1"
    commands_begun=$(commands)
    milliseconds=$(ready)
    agent_pid=$(cat "$work/agent.pid")
    peak=0
    at_rest
    commands_before=$(commands) statements_before=$(statements) ticks_before=$(ticks "$agent_pid")
    for _ in $(seq "$seconds"); do
        sleep 1
        set -- "$1" $(memory "$agent_pid")
        [ "$2" -le "$peak" ] || peak=$2
    done
    # shellcheck disable=SC2046
    set -- "$1" $(memory "$agent_pid") "$peak" \
        "$(($(commands) - commands_before - 2))" "$(($(statements) - statements_before - 1))" \
        "$(($(ticks "$agent_pid") - ticks_before))" "$milliseconds" \
        "$((commands_before - commands_begun - 1))" "$ticks_before"
    echo "$@ $seconds $(getconf CLK_TCK)" | awk '{
        pass = $10 / $12; rest = 100 * $7 / $12 / $11
        printf "%-22s RssAnon %5d kB (most %d), VmRSS %5d kB, ready in %d ms\n",
               "agent, sites: " $1, $2, $4, $3, $8
        printf "  first pass: %.2f s of a processor, %d Redis commands\n", pass, $9
        printf "  after it:   CPU %.3f %%, %.1f Redis commands/s, %.2f statements/s\n",
               rest, $5 / $11, $6 / $11
        printf "  in all:     CPU %.3f %%\n", rest + 100 * pass / 900 }'
    agent_stop
}

# The exporter as its documentation has it, with the keys of a WordPress.
exporter() {
    prometheus-redis-exporter --redis.addr "unix://$socket" --check-keys 'db0=wp*' \
        --web.listen-address 127.0.0.1:19121 >"$work/exporter.log" 2>&1 &
    exporter_pid=$!
    sleep 2
    commands_before=$(commands) ticks_before=$(ticks "$exporter_pid") most=0
    for second in $(seq "$seconds"); do
        [ $((second % 15)) -ne 1 ] ||
            curl -s --max-time 14 -o "$work/scrape" http://127.0.0.1:19121/metrics || :
        sleep 1
        # shellcheck disable=SC2046
        set -- $(memory "$exporter_pid")
        [ "$1" -le "$most" ] || most=$1
    done
    # shellcheck disable=SC2046
    set -- $(memory "$exporter_pid") "$most" "$(($(commands) - commands_before - 2))" \
        "$(($(ticks "$exporter_pid") - ticks_before))"
    echo "$@ $seconds $(getconf CLK_TCK)" | awk '{
        printf "%-22s RssAnon %5d kB (most %d), VmRSS %5d kB, CPU %.3f %%, %.1f Redis commands/s\n",
               "redis-exporter", $1, $3, $2, 100 * $5 / $7 / $6, $4 / $6 }'
    kill "$exporter_pid"
    wait "$exporter_pid" 2>/dev/null || :
}

echo "$keys keys, $seconds s each, interval 60 s"
watch 1
watch 20
exporter
echo "wanted: RssAnon at most 6144 kB with one site and 10240 with 20, VmRSS at most 20480,"
echo "CPU at most 0.1 %, 20 commands/s outside a pass, 2 statements/s, ready in 200 ms"
