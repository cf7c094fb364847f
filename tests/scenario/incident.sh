#!/bin/sh
# incident.sh WPBLOAT - the incident, seeded by real PHP, must be diagnosed: what,
# how much of PHP's memory, and which line of which plugin. Nothing may change for it.
set -eu

wpbloat=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/servers.sh"
. "$here/expect.sh"

need redis-server redis-cli php "$python"

start_redis redis --maxmemory 256mb --maxmemory-policy volatile-lru
start_redis scratch
socket=$work/redis.sock
key=q7:prod_kx:options:notoptions

php "$here/incident/seed.php" "$socket"
cp -R "$here/incident/site" "$work/shop"
sed "s|@SOCKET@|$socket|" "$here/incident/site/wp-config.php" >"$work/shop/wp-config.php"
measured=$(php "$here/incident/measure.php" "$socket" "$key" "$work/scratch.sock")
read_peak=${measured% *}
rewrite_peak=${measured#* }

digest() {
    redis-cli -s "$socket" DEBUG DIGEST
}

# The verdict, for a program.
sleep 5 # the server tells a key's last use to the second, or two
php "$here/incident/used.php" "$socket" >"$work/used.before"
digest_before=$(digest)
run json "$wpbloat" scan "$work/shop" --format json
digest_after=$(digest)
php "$here/incident/used.php" "$socket" >"$work/used.after"
expect_code json 2
expect_clean json
expect_report json
[ "$digest_before" = "$digest_after" ] || fail "the scan changed the data"

notoptions="f['cache.notoptions_bloat']"
family="one(${notoptions}['cause']['families'], template='kestrel_tariff_v2_<hex>')"
expect_json json \
    "${notoptions}['severity'] == 'critical'" \
    "d['findings'][0]['code'] == 'cache.notoptions_bloat'" \
    "${notoptions}['subject']['kind'] == 'redis_key'" \
    "${notoptions}['subject']['name'] == '$key'" \
    "${notoptions}['evidence']['value_bytes'] == 3971911" \
    "${notoptions}['evidence']['entries'] == 65768" \
    "${notoptions}['evidence']['ttl_seconds'] is None" \
    "near(${notoptions}['evidence']['php_read_peak_bytes'], $read_peak, 0.01)" \
    "near(${notoptions}['evidence']['php_rewrite_peak_bytes'], $rewrite_peak, 0.01)" \
    "${notoptions}['evidence']['memory_limit_bytes'] == 192 * 1024 * 1024" \
    "${notoptions}['evidence']['fails_at_bytes'] > 3971911" \
    "${notoptions}['evidence']['fails_at_bytes'] < 192 * 1024 * 1024" \
    "${notoptions}['provenance']['fails_at_bytes'] == 'estimated'" \
    "${notoptions}['cause']['confidence'] == 'likely'" \
    "${family}['names'] == 61164" \
    "near(${family}['share_ratio'], 0.93, 0.0001)" \
    "${family}['source']['component'] == 'plugin:kestrel-pricing'" \
    "${family}['source']['file'].endswith('plugins/kestrel-pricing/includes/class-tariff.php')" \
    "${family}['source']['line'] == 5" \
    "${family}['source']['matches'] == 1"

# Families that other plugins ask for are theirs; the one nobody asks for is nobody's.
expect_json json \
    "one(${notoptions}['cause']['families'], template='harbour_facet_terms_<n>')['source']['component'] == 'plugin:harbour-facets'" \
    "one(${notoptions}['cause']['families'], template='harbour_facet_terms_<n>')['names'] == 1790" \
    "not one(${notoptions}['cause']['families'], template='pelican_quote_<uuid>').get('source')"

# Every key was seen; the groups are those of the drop-in's grammar.
expect_json json \
    "one(d['coverage'], probe='redis.keyspace')['status'] == 'ok'" \
    "one(d['coverage'], probe='redis.keyspace')['done'] == 77726" \
    "len(d['sites']) == 1" \
    "'must-not-be-printed' not in str(d)" \
    "'buyer1@example.test' not in str(d)"

# The watchlist and what was examined count as used; the rest may not, or the scan would
# keep dead keys alive.
paste "$work/used.before" "$work/used.after" |
    awk -F '\t' '$2 != $4 { print "keys differ: " $2 " " $4 > "/dev/stderr"; exit 1 }
                 $3 > $1 + 2 { print $2 }' >"$work/touched"
if grep -Ev ':options:(not|all)options$|:redis-cache:metrics$|:last_changed$|:post_meta:1[0-9][0-9]$|:site-transient:feed_' \
    "$work/touched" >&2; then
    fail "the scan used the keys above"
fi
touched=$(wc -l <"$work/touched")
[ "$touched" -ge 1 ] || fail "the scan read notoptions, and its last use did not show it"
[ "$touched" -le 16 ] || fail "the scan used $touched keys"

# The verdict, for a human.
run text "$wpbloat" scan "$work/shop" --budget full
expect_code text 2
expect_clean text
expect_line text out 'cache\.notoptions_bloat|notoptions'
expect_line text out '65,768'
expect_line text out 'kestrel_tariff_v2_<hex>'
expect_line text out 'kestrel-pricing/includes/class-tariff\.php:5'
expect_line text out 'redis-cli .*(DEL|UNLINK|del|unlink) '
expect_no_line text out 'must-not-be-printed'
awk 'length($0) > 80 && NF > 1 && !/^ +(redis-cli|wpbloat|\$|return|wp|access.format|in unix:) |^(Largest keys|Cache groups)  /' "$work/text.out" >"$work/long"
[ ! -s "$work/long" ] || fail "text: prose wider than 80 columns: $(head -n 1 "$work/long")"

# One finding a line; the monitoring plugin; the exit codes that were asked for.
run ndjson "$wpbloat" scan "$work/shop" --budget full --format ndjson
expect_code ndjson 2
expect_json ndjson \
    "[i for i in d if i['code'] == 'cache.notoptions_bloat'][0]['evidence']['entries'] == 65768"
run nagios "$wpbloat" scan "$work/shop" --budget full --format nagios
expect_code nagios 2
expect_line nagios out '^(WPBLOAT )?CRITICAL'
run never "$wpbloat" scan "$work/shop" --budget full --fail-on never
expect_code never 0
run survey "$wpbloat" scan "$work/shop" --budget full --no-examine --format json
expect_code survey 2
expect_report survey
expect_json survey "${notoptions}['evidence']['value_bytes'] == 3971911"

# Without a site: the prefix is learnt, the sources are out of reach and it says so.
run adhoc "$wpbloat" scan --redis "unix://$socket?db=1" --memory-limit 128M --budget full --format json
expect_code adhoc 2
expect_report adhoc
expect_json adhoc \
    "${notoptions}['subject']['name'] == '$key'" \
    "${notoptions}['evidence']['memory_limit_bytes'] == 128 * 1024 * 1024" \
    "${family}['names'] == 61164" \
    "not ${family}.get('source')"

# The same value taken apart, from Redis and from a file, is the same value.
redis-cli -s "$socket" -n 1 GET "$key" | head -c 3971911 >"$work/notoptions.bin"
run key "$wpbloat" explain redis "$key" --redis "unix://$socket?db=1" --format json
expect_code key 0
run file "$wpbloat" explain file "$work/notoptions.bin" --format json
expect_code file 0
for name in key file; do
    expect_json "$name" \
        "d['value_bytes'] == 3971911" \
        "d['entries'] == 65768" \
        "'serialize' in d['encoding']" \
        "near(d['php']['read_peak_bytes'], $read_peak, 0.01)" \
        "near(d['php']['rewrite_peak_bytes'], $rewrite_peak, 0.01)" \
        "one(d['families'], template='kestrel_tariff_v2_<hex>')['names'] == 61164"
done
run keytext "$wpbloat" explain redis "$key" --redis "unix://$socket?db=1"
expect_code keytext 0
expect_line keytext out 'kestrel_tariff_v2_<hex>'

[ "$(digest)" = "$digest_before" ] || fail "something above changed the data"
