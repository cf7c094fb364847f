#!/bin/sh
# five-sites.sh WPBLOAT - five sites of five flavours share one database of one Redis,
# with salts that begin alike. Real PHP writes their keys; each must be found with its
# Redis and its prefix, and every key be of its site and group. Nothing is wrong with
# any of them, and nothing must be said to be.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"
. "$here/five-sites/sites.sh"

need redis-server redis-cli php "$python"

start_redis redis --requirepass "$five_password"
socket=$work/redis.sock
five_sites "$work" "$socket"
five_php seed.php
export REDISCLI_AUTH="$five_password"
for key in 1 2 3 4 5 6 7; do
    redis-cli -s "$socket" -n 2 SET "laravel_cache:$key" x >/dev/null
done
redis-cli -s "$socket" -n 2 LPUSH queue:default job >/dev/null
unset REDISCLI_AUTH

five_scan json --format json
expect_code json 0
expect_clean json
expect_report json
expect_no_line json out "$five_password"
expect_no_line json err "$five_password"
expect_json json "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "d['findings'] == []" \
    "all(g['keys'] == g['keys_to_1k'] + g['keys_to_16k'] + g['keys_to_256k'] + g['keys_above_256k'] for g in d['tables']['redis_groups'])"
"$python" "$here/five-sites/expect.py" "$work/json.out" "$work" >&2 ||
    fail "a site or a key is not where it belongs: see above"

# Given by their address alone, they are known by the votes of their keys.
printf '%s\n' "$five_password" >"$work/password"
chmod 600 "$work/password"
for name in $five_names; do
    REDISCLI_AUTH=$five_password redis-cli -s "$socket" -n 2 FLUSHDB >/dev/null
    php "$here/five-sites/seed.php" "$work/$name" 3
    run "votes-$name" "$wpbloat" scan --redis "unix://$socket?db=2" \
        --redis-password-file "$work/password" --budget full --format json
    expect_code "votes-$name" 0
    expect_report "votes-$name"
    expect_json "votes-$name" "one(d['coverage'], probe='redis.watchlist')['status'] == 'ok'"
    "$python" "$here/five-sites/expect.py" --votes "$work/votes-$name.out" "$work" "$name" >&2 ||
        fail "what the votes for $name show is wrong: see above"
done
run votes-text "$wpbloat" scan --redis "unix://$socket?db=2" \
    --redis-password-file "$work/password" --budget full
tr -s ' \n' ' ' <"$work/votes-text.out" >"$work/votes-line.out"
expect_line votes-line out '; read by shape: [0-9]+ keys vote litespeed-cache'
