#!/bin/sh
# memory-exhausted.sh WPBLOAT - notoptions of 25 MB under a memory_limit of 128M: every
# page ends with a fatal error in WordPress' own option.php, which is not to blame. wpbloat
# must join the fatals with the cache entry that causes them.
set -eu

. "$(dirname "$0")/lab.sh"
wpbloat=$1
key=harrier_hq:options:notoptions

lab_start dunlin-badges
names=$(php "$here/fill_notoptions.php" "$work/redis.sock" 3 "$key" 25000000)

! is_judged || lab_agent "$wpbloat"
lab_record_begin
lab_drive broken --seed 6 --steps 2:25
lab_record_end
! is_judged || lab_findings findings

cat "$work/broken.steps"
fatals=$(grep -c 'Allowed memory size' "$work/php-errors.log" || :)
echo "$names names, $(redis-cli -s "$work/redis.sock" -n 3 STRLEN "$key") bytes; $fatals fatal errors:"
grep -o 'tried to allocate.*' "$work/php-errors.log" | sed 's/[0-9]* bytes/N bytes/' | sort | uniq -c
[ "$fatals" -gt 20 ] || fail "memory was not exhausted"
is_judged || exit 0

expect_json findings \
    "f['cache.notoptions_bloat']['subject']['name'] == '$key'" \
    "f['requests.fatals']['evidence']['memory_limit_bytes'] == 128 * 1024 * 1024" \
    "'$key' in str(f['requests.fatals'])" \
    "'wp-includes/option.php' in str(f['requests.fatals'])"
