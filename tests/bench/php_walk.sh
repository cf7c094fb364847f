#!/bin/sh
# How much faster the walker is than PHP's warm unserialize() on a notoptions of
# 79,000 names (4.1 MB). Peer and walker take turns; each turn prints its ratio.
#   tests/bench/php_walk.sh BUILD_FOLDER        (a Release build)
set -eu
build=${1:?usage: php_walk.sh BUILD_FOLDER}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target bench_php_walk >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
php -d memory_limit=1G "$here/php_walk.php" 79000 "$work/notoptions"
printf 'turn  php us  walk us  in 16K chunks  ratio  ratio in chunks\n'
for turn in 1 2 3 4 5; do
    peer=$(php -d memory_limit=1G "$here/php_walk.php" "$work/notoptions")
    ours=$("$build/tests/bench_php_walk" "$work/notoptions" 15)
    echo "$turn $peer $ours"
done | awk '{
    printf "%4d %7d %8d %14d %5.1fx %15.1fx\n", $1, $2, $3, $4, $2 / $3, $2 / $4
    whole[NR] = $2 / $3; chunked[NR] = $2 / $4
    if ($5 != 79002) { print "walked " $5 " events, not 79002"; exit 1 }
}
END { if (NR != 5) exit 1
      n = median(whole); m = median(chunked)
      printf "median ratio: %.1fx whole, %.1fx in chunks (wanted: at least 10x)\n", n, m }
function median(a,   i, j, t) {
    for (i = 1; i <= 5; i++) for (j = i + 1; j <= 5; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[3]
}'
