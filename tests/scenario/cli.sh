#!/bin/sh
# cli.sh WPBLOAT - the command line as scripts and people meet it: help, typos, exit
# codes, where output goes and what happens when it cannot go there.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php promtool "$python"
escape=$(printf '\033')

# Help is an answer, not an error.
for command in '' scan explain load check demo; do
    # shellcheck disable=SC2086
    run help "$wpbloat" $command --help
    expect_code help 0
    expect_line help out '^Usage: wpbloat'
    expect_clean help
    awk 'length($0) > 80 { print; exit 1 }' "$work/help.out" >&2 ||
        fail "help of '$command': a line above 80 columns"
    [ ! -s "$work/help.err" ] || fail "help of '$command' writes to stderr"
done
run version "$wpbloat" --version
expect_code version 0
expect_line version out '^wpbloat [0-9]+\.[0-9]+\.[0-9]+'
run nothing "$wpbloat"
expect_code nothing 64

# usage WHAT PATTERN ARGUMENT...: refused with 64, one line that says why, no output.
usage() {
    usage_pattern=$1
    shift
    run usage "$wpbloat" "$@"
    expect_code usage 64
    expect_line usage err "$usage_pattern"
    [ ! -s "$work/usage.out" ] || fail "'$*' wrote to stdout"
    expect_clean usage
}
usage "did you mean 'scan'" scna
usage "unknown command" frobnicate
usage 'did you mean --format' scan --fromat json
usage '--format takes one of text, json' scan --format jsno
usage 'needs its argument' scan --format
usage 'takes no argument' scan --no-examine=yes
usage 'given twice' scan --format json --format text
usage 'unknown option' scan -x
usage 'use --output FILE' scan --watch 5 --format prometheus
usage '--top takes a number' scan --top many
usage '--top takes a number' scan --top 0
usage '--posts: .61. is outside' scan --posts 61
usage '--value-bytes: .12x. is not a size' scan --value-bytes 12x
usage '--memory-limit takes a size' scan --memory-limit 12parsecs
usage 'cache.notoptions_bloat|rule' scan --rule cache.notoption_bloat.warning_bytes=1
usage 'redis://|unix://|scheme|URI' scan --redis gopher://localhost
usage 'password' scan --redis redis://user:secret@localhost
usage 'No such file' scan --fpm /nowhere/pool.conf --redis redis://localhost
usage 'port|address' scan --fpm php-fpm.example:9000 --redis redis://localhost
usage 'a replica is one server' scan --redis redis://localhost --redis-replica redis-cluster://localhost
usage 'the name by which the sentinels' scan --redis redis-sentinel://localhost
usage "redis KEY|file PATH" explain
usage "redis KEY|file PATH" explain postcard x
usage 'number of a post' explain meta about _elementor_data
usage 'meta POST_ID KEY' explain meta 42
usage 'one too many' explain option cron /var/www /srv/www
usage 'takes no path' demo /var/www
usage 'unknown' scan "--$(printf 'a\033[31mb')"

# Exit codes: 0 nothing, 1 a warning, 2 critical, 3 nothing could be measured.
start_redis redis --maxmemory 64mb --maxmemory-policy volatile-lru
socket=$work/redis.sock
php "$here/notoptions.php" "$socket" 0 10
php "$here/notoptions.php" "$socket" 1 6000
php "$here/notoptions.php" "$socket" 2 21000
scan() {
    scan_name=$1 scan_database=$2
    shift 2
    run "$scan_name" "$wpbloat" scan --redis "unix://$socket?db=$scan_database" \
        --memory-limit 256M "$@"
    expect_clean "$scan_name"
}
scan healthy 0
expect_code healthy 0
scan warning 1
expect_code warning 1
scan warning 1 --fail-on critical
expect_code warning 0
scan critical 2
expect_code critical 2
scan critical 2 --fail-on critical
expect_code critical 2
scan critical 2 --fail-on never
expect_code critical 0
run unmeasured "$wpbloat" scan --redis "unix://$work/nobody.sock"
expect_code unmeasured 3
expect_clean unmeasured
mkdir "$work/empty"
run empty "$wpbloat" scan "$work/empty"
expect_code empty 3
run absent "$wpbloat" scan "$work/no-such-folder"
expect_code absent 3
run absent "$wpbloat" explain redis wp:options:nothing --redis "unix://$socket"
expect_code absent 3
expect_line absent err 'no key'
run absent "$wpbloat" explain file "$work/no-such-file"
expect_code absent 3

# The monitoring plugin's own codes.
scan nagios 0 --format nagios
expect_code nagios 0
expect_line nagios out 'OK'
scan nagios 1 --format nagios
expect_code nagios 1
expect_line nagios out 'WARNING'
run nagios "$wpbloat" scan --redis "unix://$work/nobody.sock" --format nagios
expect_code nagios 3
expect_line nagios out 'UNKNOWN'
[ "$(wc -l <"$work/nagios.out")" -le 20 ] || fail "nagios: too many lines"

# For Prometheus, whose own program judges it; a file is replaced, so that no reader
# finds a part of one.
scan metrics 2 --format prometheus
expect_code metrics 2
promtool check metrics <"$work/metrics.out" >"$work/promtool.log" 2>&1 ||
    fail "promtool refuses what --format prometheus writes"
[ ! -s "$work/promtool.log" ] || fail "promtool has something to say about the metrics"
expect_line metrics out '^wpbloat_up 1$'
expect_line metrics out '^wpbloat_notoptions_bytes\{site="redis"\} [1-9][0-9]{5,}$'
expect_line metrics out '^wpbloat_notoptions_names\{site="redis"\} 21000$'
expect_line metrics out '^wpbloat_redis_keys\{server="/.*/redis.sock"\} [1-9]'
[ "$(grep -vc '^#' "$work/metrics.out")" -le 72 ] || fail "metrics: more series than promised"
echo old >"$work/wpbloat.prom"
exec 9<"$work/wpbloat.prom"
scan textfile 2 --format prometheus --output "$work/wpbloat.prom"
expect_code textfile 2
[ "$(cat <&9)" = old ] || fail "--format prometheus writes into the file others read"
exec 9<&-
promtool check metrics <"$work/wpbloat.prom" || fail "promtool refuses the text file"
run unmeasured "$wpbloat" scan --redis "unix://$work/nobody.sock" --format prometheus
expect_code unmeasured 3
expect_line unmeasured out '^wpbloat_up 0$'

# A report goes where it is sent, or the exit code says that it did not.
scan file 2 --format json --output "$work/report.json"
expect_code file 2
[ ! -s "$work/file.out" ] || fail "--output still wrote to stdout"
mv "$work/report.json" "$work/file.out"
expect_report file
scan lost 0 --output "$work/no-such-folder/report"
[ "$code" -ne 0 ] || fail "an output that cannot be written counts as success"
expect_line lost err 'no-such-folder'
scan lost 0 --output /dev/full
[ "$code" -ne 0 ] || fail "a full disk counts as success"
expect_line lost err 'No space left'
code=0
"$wpbloat" scan --redis "unix://$socket" >/dev/full 2>"$work/full.err" || code=$?
[ "$code" -ne 0 ] || fail "stdout on a full disk counts as success"
code=0
"$wpbloat" scan --redis "unix://$socket" >&- 2>"$work/closed.err" || code=$?
[ "$code" -ne 0 ] || fail "a closed stdout counts as success"
# A reader that leaves at once: an exit code of ours, not a death by SIGPIPE.
{
    code=0
    "$wpbloat" scan --redis "unix://$socket?db=2" 2>"$work/pipe.err" || code=$?
    echo "$code" >"$work/pipe.code"
} | head -c 0
[ "$(cat "$work/pipe.code")" -lt 128 ] || fail "killed by SIGPIPE"

# Equal input, equal bytes.
WPB_FAKE_TIME_MS=1795464061000
export WPB_FAKE_TIME_MS
for format in ndjson nagios; do
    scan once 2 --format "$format"
    scan again 2 --format "$format"
    cmp "$work/once.out" "$work/again.out" || fail "$format differs between two equal runs"
done
unset WPB_FAKE_TIME_MS

# Colour is for terminals, and not for those who do not want it.
TERM=xterm
export TERM
scan plain 2
expect_no_line plain out "$escape"
expect_no_line plain err "$escape"
run colour "$python" "$here/on_terminal.py" "$wpbloat" scan --redis "unix://$socket?db=2"
expect_code colour 2
expect_line colour out "$escape\\[[0-9;]*m"
run nocolour env NO_COLOR=1 "$python" "$here/on_terminal.py" "$wpbloat" scan --redis "unix://$socket?db=2"
expect_code nocolour 2
expect_no_line nocolour out "$escape\\[[0-9;]*m"
