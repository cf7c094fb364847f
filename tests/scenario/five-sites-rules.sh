#!/bin/sh
# five-sites-rules.sh WPBLOAT - five sites of five flavours on one Redis, each with ails
# of its own: each rule fires where it should and nowhere else, and what concerns all of
# them is said once.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"
. "$here/five-sites/sites.sh"

need redis-server redis-cli php "$python"

# expect_findings NAME TABLE: those of findings.py, no more and no less.
expect_findings() {
    "$python" "$here/five-sites/findings.py" "$2" "$work/$1.out" "$five_root" >&2 || {
        show "$1"
        fail "$1: the findings differ from the table '$2': see above"
    }
}

start_redis ailing --requirepass "$five_password"
five_sites "$work/ailing" "$work/ailing.sock"
five_php seed.php
five_php ail.php
five_scan ailing --memory-limit 64M --format json
expect_code ailing 0
expect_clean ailing
expect_report ailing
expect_findings ailing ailing
expect_json ailing \
    "any(g['group'] == 'post-queries' and g['orphan_keys'] and g['orphan_bytes'] and g['orphan_keys'] > 1000 for g in d['tables']['redis_groups'])"

# As its reader sees it: only what is to be copied whole is wider than the page.
five_scan text --memory-limit 64M
expect_code text 0
expect_clean text
expect_no_line text out "$five_password"
awk 'length($0) > 80 && NF > 1 && !/^ +(redis-cli|wpbloat|grep|wp|access.format|in unix:) ?/' \
    "$work/text.out" >"$work/long"
[ ! -s "$work/long" ] || {
    cat "$work/long" >&2
    fail "text: the lines above are wider than 80 columns"
}
[ "$(grep -c '^    the same Redis database as ' "$work/text.out")" -eq 4 ] ||
    fail "text: the one Redis is described more than once"

# One value, as the object cache has stored it.
key=$(REDISCLI_AUTH=$five_password redis-cli -s "$work/ailing.sock" -n 2 --scan \
    --pattern '*post_meta.815')
run wrapped "$wpbloat" explain redis "$key" --site "$five_root/lite" --format json
expect_code wrapped 0
expect_json wrapped "d['encoding'] == 'zstd+serialize'" "d['wrapper'] == 'litespeed'" \
    "d['decoded_bytes'] > 2 * d['value_bytes']"

# A small Redis that all of them fill. What removes entries that expire must not remove
# what the site of W3 Total Cache has, of which all expires, below what makes a table.
start_redis full --requirepass "$five_password" --maxmemory 3mb \
    --maxmemory-policy volatile-lru
five_sites "$work/full" "$work/full.sock"
five_php seed.php
five_php press.php

# configure NAME VALUE: of that Redis.
configure() {
    REDISCLI_AUTH=$five_password redis-cli -s "$work/full.sock" CONFIG SET "$1" "$2" \
        >/dev/null
}

# expect_full TABLE ARGUMENT...: it is scanned, and gives that.
expect_full() {
    full_table=$1
    shift
    five_scan "$full_table" --rule cache.eviction_pressure.least_uptime=1 \
        --format json "$@"
    expect_code "$full_table" 0
    expect_report "$full_table"
    expect_findings "$full_table" "$full_table"
}

sleep 1 # so that it has been up for a second
expect_full volatile
configure maxmemory-policy noeviction
expect_full noeviction
configure maxmemory-policy allkeys-lru
expect_full allkeys
configure maxmemory 64mb
expect_full roomy
configure maxmemory 0
expect_full unlimited --rule cache.ttlless_share.unlimited_info_bytes=1M \
    --rule cache.ttlless_share.ttlless_ratio=0

# A copy of a site with its configuration: two write the same keys.
start_redis staging --requirepass "$five_password"
five_sites "$work/staging" "$work/staging.sock"
cp -R "$work/staging/shop" "$work/staging/staging"
five_php seed.php
five_scan staging "$work/staging/staging" --format json
expect_code staging 0
expect_report staging
expect_findings staging staging

# One of them stores the same thing all the time.
start_redis churning --requirepass "$five_password"
five_sites "$work/churning" "$work/churning.sock"
five_php seed.php
touch "$work/writing"
php "$here/five-sites/churn.php" "$work/churning/lite" "$work/writing" &
writer_pid=$!
server_pids="$server_pids $writer_pid"
wait_for "the writer" "$writer_pid" sh -c \
    "REDISCLI_AUTH=$five_password redis-cli -s '$work/churning.sock' -n 2 --scan --pattern '*acme_state' | grep -q ."
five_scan churning --format json
rm "$work/writing"
wait "$writer_pid" || fail "the writer failed"
expect_code churning 0
expect_report churning
expect_findings churning churning
