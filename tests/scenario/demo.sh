#!/bin/sh
# demo.sh WPBLOAT - the demo shows the incident, and leaves nothing behind, however
# it ends.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli "$python"
[ -x /usr/sbin/mariadbd ] || fail "mariadbd is not installed; sh tests/run.sh installs it"
mkdir "$work/tmp"
TMPDIR=$work/tmp
export TMPDIR

nothing_left() {
    left=$(find "$TMPDIR" -mindepth 1 | head -n 1)
    [ -z "$left" ] || fail "$1: $left was left behind"
}

run json "$wpbloat" demo --format json --budget full
expect_code json 0
expect_report json
expect_clean json
n="f['cache.notoptions_bloat']"
expect_json json \
    "${n}['severity'] == 'critical'" \
    "${n}['subject']['name'] == 'q7:prod_kx:options:notoptions'" \
    "${n}['evidence']['value_bytes'] == 3971911" \
    "${n}['evidence']['entries'] == 65768" \
    "one(${n}['cause']['families'], template='kestrel_tariff_v2_<hex>')['names'] == 61164" \
    "one(${n}['cause']['families'], template='kestrel_tariff_v2_<hex>')['source']['line'] == 5" \
    "sum(i['done'] for i in d['coverage'] if i['probe'] == 'redis.keyspace') == 77726 + 4"
# The atelier's page and the club's options, which the databases tell of.
expect_json json \
    "[i['name'].rsplit('-', 1)[1] for i in d['sites']] == ['atelier', 'club', 'shop']" \
    "[i['memory_limit_bytes'] >> 20 for i in d['sites']] == [512, 128, 128]" \
    "all(i['status'] == 'ok' for i in d['coverage'] if i['probe'].startswith('mysql.') and i['probe'] != 'mysql.statements')" \
    "one(d['tables']['options'], option='tern_catalogue_index')['row_bytes'] == 20000000" \
    "max(i['autoload_bytes'] for i in d['tables']['mysql_databases']) >= 38000000" \
    "any(i['key'] == 'atelier_at:post_meta:812' for i in d['tables']['redis_keys'])"
expect_line json err '^demo: starting'
expect_line json err '^demo: starting a private mariadbd'
expect_line json err '^demo: removed'
nothing_left "a demo"

run asked "$wpbloat" demo --fail-on warning --no-examine --budget full
expect_code asked 2
nothing_left "a demo with --fail-on"

run refused "$wpbloat" demo --format no-such-format
expect_code refused 64
expect_line refused err 'no-such-format'
expect_no_line refused err '^demo: '
nothing_left "a demo with a wrong option"

# The computer's own redis-server may be missing; nothing else is needed to say so.
mkdir "$work/bin"
run missing env PATH="$work/bin" "$wpbloat" demo
expect_code missing 3
expect_line missing err 'apt-get install redis-server'
nothing_left "a demo without redis-server"

# A socket whose path is too long by the two letters that mariadb.sock has more than
# redis.sock, which has the longest there may be: as good as no mariadbd at all.
long=$TMPDIR/$(printf '%0*d' $((108 - 2 - ${#TMPDIR} - 1 - 20 - 1 - 10)) 0)
mkdir "$long"
run alone env TMPDIR="$long" "$wpbloat" demo --format json --budget full
expect_code alone 0
expect_line alone err '^demo: without MariaDB, so only the shop.s Redis is shown'
expect_json alone "${n}['evidence']['entries'] == 65768" "len(d['sites']) == 1"
rmdir "$long"

for signal in INT TERM HUP; do
    # A background job of a script ignores SIGINT; the demo must not inherit that.
    env --default-signal=INT "$wpbloat" demo --budget low >"$work/$signal.out" 2>"$work/$signal.err" &
    demo_pid=$!
    wait_for demo "$demo_pid" grep -q 'wpbloat scan' "$work/$signal.err"
    redis_pid=$(redis-cli -s "$(find "$TMPDIR" -name redis.sock)" INFO server |
        tr -d '\r' | sed -n 's/^process_id://p')
    [ -n "$redis_pid" ] || fail "SIG$signal: no server to look for"
    mariadb_pid=$(cat "$(find "$TMPDIR" -name mariadb.pid)")
    kill -s "$signal" "$demo_pid"
    code=0
    wait "$demo_pid" || code=$?
    [ "$code" -gt 128 ] || fail "SIG$signal: exit code $code"
    if is_running "$redis_pid" || is_running "$mariadb_pid"; then
        fail "SIG$signal: a server still runs"
    fi
    nothing_left "SIG$signal"
done

run keep "$wpbloat" demo --keep --no-examine --budget full
expect_code keep 0
socket=$(find "$TMPDIR" -name redis.sock)
[ "$(redis-cli -s "$socket" -n 1 DBSIZE)" -eq 77726 ] || fail "--keep: no server to look at"
kept_pid=$(sed -n 's/^demo: *kill \([0-9]*\) .*/\1/p' "$work/keep.err")
kept_mariadb=$(sed -n 's/^demo: *kill [0-9]* \([0-9]*\) .*/\1/p' "$work/keep.err")
[ -n "$kept_pid" ] || fail "--keep does not say how to stop the server"
server_pids="$server_pids $kept_pid $kept_mariadb"
[ "$(cat "$(find "$TMPDIR" -name mariadb.pid)")" -eq "$kept_mariadb" ] ||
    fail "--keep does not name its mariadbd"
[ "$(redis-cli -s "$socket" INFO server | tr -d '\r' | sed -n 's/^process_id://p')" -eq "$kept_pid" ] ||
    fail "--keep names another process"
