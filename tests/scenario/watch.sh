#!/bin/sh
# watch.sh WPBLOAT - a site grows, is flushed, restarted, and read again and again: what
# has grown is told, what was lost is told, and the memory of the watcher stays the same.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli "$python"

# watch NAME ARGUMENT...: a watch in the background, its reports in $work/NAME.out. A
# background job of a script ignores SIGINT; the watch must not inherit that. Sets
# watch_pid. Freed memory goes back at once where a sanitizer would keep it.
watch() {
    watch_name=$1
    shift
    : >"$work/$watch_name.out"
    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1" \
        env --default-signal=INT "$wpbloat" scan --watch 1 "$@" \
        >>"$work/$watch_name.out" 2>"$work/$watch_name.err" </dev/null &
    watch_pid=$!
    server_pids="$server_pids $watch_pid"
}

has_passes() {
    [ "$(wc -l <"$work/$1.out")" -ge "$2" ]
}

# after_passes NAME COUNT: wait until so many more have been printed.
after_passes() {
    wanted=$(($(wc -l <"$work/$1.out") + $2))
    wait_for "watch $1" "$watch_pid" has_passes "$1" "$wanted"
}

# says NAME EXPRESSION: it is true of the last report, `g` being the growth of its site.
says() {
    tail -n 1 "$work/$1.out" >"$work/$1-last.out"
    "$python" "$here/expect_json.py" "$work/$1-last.out" \
        "(lambda g: $2)(d['tables']['redis_growth'][0])"
}

# end_watch NAME SIGNAL CODE: end it and check that this is how it ended.
end_watch() {
    kill -s "$2" "$watch_pid"
    code=0
    wait "$watch_pid" || code=$?
    if [ "$code" -ne "$3" ]; then
        show "$1"
        fail "$1: exit code $code after SIG$2, expected $3"
    fi
}

resident_kib() {
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

writer_pid=
start_writer() {
    "$python" "$here/watch/write.py" "$socket" >"$work/writer.log" 2>&1 &
    writer_pid=$!
    server_pids="$server_pids $writer_pid"
}

# What cannot be watched.
for refused in '--watch 0' '--watch 86401' '--watch 1.5' '--watch soon' '--watch -1' \
    '--watch 1 --format nagios' '--watch 1 --rdb /tmp/dump.rdb'; do
    # shellcheck disable=SC2086
    run refused "$wpbloat" scan $refused
    expect_code refused 64
    expect_line refused err -- '--watch'
    expect_clean refused
done

# A site that stands still, in a process of its own, while the rest goes on. So many
# groups make a pass that is not let go of visible in the memory.
start_redis still
"$python" "$here/watch/write.py" "$work/still.sock" 60 >"$work/names"
awk 'BEGIN { for (i = 0; i < 400; i++) printf "SET wp:group_%c%c:1 x\r\n", 97 + i / 20, 97 + i % 20 }' |
    redis-cli -s "$work/still.sock" --pipe >/dev/null
watch still --redis "unix://$work/still.sock" --format json --fail-on never
still_pid=$watch_pid

# A site that grows.
start_redis site
socket=$work/site.sock
"$python" "$here/watch/write.py" "$socket" 20 >"$work/names"
redis-cli -s "$socket" SET wp:feeds:1 "$(printf '%0400d' 0)" >/dev/null
watch grows --redis "unix://$socket" --format json --memory-limit 128M --fail-on never
after_passes grows 1
start_writer
after_passes grows 7
for expression in \
    "g['passes'] >= 8" \
    "g['is_current'] and g['discarded'] is None" \
    "g['scope'] == 'unix://$socket?db=0'" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['metric'] == 'value_bytes'" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['first'] > 0" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['change'] > 30000" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['change_from_previous'] > 0" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['per_second'] > 0" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['count']['change'] % 40 == 0" \
    "one(g['rows'], kind='redis_group', name='prices')['count']['first'] >= 20" \
    "one(g['rows'], kind='redis_group', name='prices')['count']['change'] > 20" \
    "one(g['rows'], kind='redis_group', name='prices')['bytes']['per_second'] > 0" \
    "g['rows'][0]['kind'] == 'redis_server' and g['rows'][0]['bytes']['change'] > 0" \
    "not any(row['name'] == 'feeds' for row in g['rows'])"; do
    says grows "$expression" >&2 || fail "grows: see the expression above"
done

wait_for "some passes" "$still_pid" has_passes still 5
early=$(resident_kib "$still_pid")
early_passes=$(wc -l <"$work/still.out")

# A group that comes, and one that goes.
redis-cli -s "$socket" SET wp:rates:1 "$(printf '%0400d' 0)" >/dev/null
redis-cli -s "$socket" DEL wp:feeds:1 >/dev/null
after_passes grows 2
for expression in \
    "one(g['rows'], kind='redis_group', name='rates')['status'] == 'new'" \
    "one(g['rows'], kind='redis_group', name='rates')['bytes']['first'] == 0" \
    "one(g['rows'], kind='redis_group', name='feeds')['status'] == 'gone'" \
    "one(g['rows'], kind='redis_group', name='feeds')['bytes']['now'] == 0"; do
    says grows "$expression" >&2 || fail "came and went: see the expression above"
done

# A flush: what was before it does not count, and what comes after it does.
stop_server "$writer_pid"
redis-cli -s "$socket" FLUSHALL >/dev/null
"$python" "$here/watch/write.py" "$socket" 2 >"$work/names"
wait_for "the flush" "$watch_pid" says grows "g['discarded']['reason'] == 'keys_lost'"
start_writer
after_passes grows 3
for expression in \
    "g['discarded']['keys_before'] > g['discarded']['keys_after']" \
    "g['discarded']['passes'] >= 10" \
    "2 <= g['passes'] <= 20" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['first'] < 4000" \
    "one(g['rows'], kind='redis_key', name='wp:options:notoptions')['bytes']['change'] > 0" \
    "not any(row['name'] in ('rates', 'feeds') for row in g['rows'])"; do
    says grows "$expression" >&2 || fail "flush: see the expression above"
done

# The server goes away, and another process answers in its place.
stop_server "$writer_pid"
stop_server "$redis_pid"
wait_for "the end of Redis" "$watch_pid" says grows "not g['is_current']"
start_redis site
"$python" "$here/watch/write.py" "$socket" 40 >"$work/names"
wait_for "the new Redis" "$watch_pid" says grows "g['discarded']['reason'] == 'restarted'"
after_passes grows 1
end_watch grows INT 0
"$python" "$repository/tests/lint/validate_json.py" --ndjson \
    "$repository/docs/report.schema.json" "$work/grows.out" >&2 ||
    fail "grows: a pass is not a valid report"
expect_clean grows

# For a person: a page for each pass where it cannot be redrawn, one page where it can.
start_writer
watch text --redis "unix://$socket" --memory-limit 128M --fail-on never
has_pages() {
    [ "$(grep -c '^Growth since' "$work/text.out")" -ge "$1" ]
}
wait_for "three pages" "$watch_pid" has_pages 3
end_watch text TERM 0
expect_clean text
expect_line text out '^Growth since [0-9:]{8} UTC \(1 pass\)$'
expect_line text out '^Growth since [0-9:]{8} UTC \(3 passes, [0-9]+ s\)$'
expect_line text out '^  group prices +[0-9.]+ KiB +[0-9.]+ KiB +\+[0-9.]+ (KiB|B) '
sed -n '/^Growth since/,/^$/p' "$work/text.out" | awk 'length($0) > 80 { print; exit 1 }' >&2 ||
    fail "text: a line of the growth is wider than 80 columns"

code=0
"$python" "$here/watch/on_window.py" 20 70 3 "$wpbloat" scan --watch 1 \
    --redis "unix://$socket" --memory-limit 128M --rule cache.notoptions_bloat.critical_bytes=1K \
    >"$work/window.out" 2>"$work/window.err" || code=$?
expect_code window 2
expect_line window out 'Growth since'
expect_line window out 'notoptions'
run dumb env TERM=dumb timeout -s INT 4 "$python" "$here/on_terminal.py" "$wpbloat" scan \
    --watch 1 --redis "unix://$socket"
if grep -q "$(printf '\033')" "$work/dumb.out"; then
    fail "a dumb terminal got escapes"
fi

# A file that always holds a whole report; what it replaces keeps its mode.
mkdir "$work/reports"
touch "$work/reports/newest.json"
chmod 640 "$work/reports/newest.json"
printf '{"generated_at": "before"}' >"$work/reports/newest.json"
watch file --redis "unix://$socket" --format json --output "$work/reports/newest.json"
"$python" "$here/watch/always_whole.py" "$work/reports/newest.json" 4 >&2 ||
    fail "file: see above"
stop_server "$writer_pid"
kill "$watch_pid"
wait "$watch_pid" || :
[ ! -s "$work/file.out" ] || fail "file: stdout was written to as well"
[ "$(stat -c %a "$work/reports/newest.json")" = 640 ] || fail "file: its mode changed"
[ "$(find "$work/reports" -type f | wc -l)" -eq 1 ] || fail "file: something was left beside it"

# Asked to end in its first pass, it tells what it has seen.
redis-cli -s "$socket" FLUSHALL >/dev/null
"$python" "$here/watch/write.py" "$socket" 500 >"$work/names"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "SET wp:posts:%d x\r\n", i }' |
    redis-cli -s "$socket" --pipe >/dev/null
redis-cli -s "$socket" CONFIG RESETSTAT >/dev/null
watch first --redis "unix://$socket" --format json --budget low --no-examine --fail-on never
looks() {
    redis-cli -s "$socket" INFO commandstats | grep -q '^cmdstat_scan:calls='
}
wait_for "the first SCAN" "$watch_pid" looks
end_watch first INT 0
expect_report first
expect_line first err 'interrupted'
expect_json first "one(d['coverage'], probe='redis.keyspace')['status'] == 'partial'"

# Thirty passes over what stands still: as much memory at the end as after a few.
watch_pid=$still_pid
wait_for "thirty more passes" "$watch_pid" has_passes still $((early_passes + 30))
late=$(resident_kib "$watch_pid")
end_watch still INT 0
[ "$late" -le $((early + 2048)) ] || fail "the memory grew from $early to $late KiB in 30 passes"
says still "g['passes'] > 30 and not any(r['bytes'] and r['bytes']['change'] for r in g['rows'] if r['kind'] != 'redis_server')" >&2 ||
    fail "what stands still has grown"
