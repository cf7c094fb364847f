#!/bin/sh
# How much faster the igbinary and JSON walkers are than PHP's warm
# igbinary_unserialize() and json_decode(), in CPU time. Peer and walker take turns,
# three times a value; the median of the ratios counts. igbinary_unserialize() copies
# little where strings come again by number or integers stand in lists: there the walk,
# which reports every element, gains least. How little there is to gain, the floor shows:
# PHP's time by that of a loop that does nothing but find where each item of igbinary
# ends and call a visitor.
#   tests/bench/php_decoders.sh BUILD_FOLDER        (a Release build)
set -eu
build=${1:?usage: php_decoders.sh BUILD_FOLDER}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target bench_php_decoders >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
mkdir "$work/values"
php -d memory_limit=1G "$here/php_decoders.php" "$work/values"
for file in "$work"/values/*; do
    for turn in 1 2 3; do
        peer=$(php -d memory_limit=1G "$here/php_decoders.php" "$file")
        ours=$("$build/tests/bench_php_decoders" "$file" 40)
        echo "$(basename "$file") $peer $ours"
    done
done | awk '
function median(a, b, c) { return a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b) }
BEGIN { printf "%-22s %9s %8s %8s %8s %9s %7s %9s %9s %7s\n", "value", "bytes", "elements",
        "php us", "walk us", "in chunks", "ratio", "in chunks", "examined", "floor" }
{
    if ($3 != $8) { print $1 ": walked " $8 " elements, PHP has " $3; exit 1 }
    turn = (NR - 1) % 3
    whole[turn] = $4 / $5; chunked[turn] = $4 / $6; examined[turn] = $4 / $7
    bare[turn] = $9 > 0 ? $4 / $9 : 0
    if (turn < 2) next
    w = median(whole[0], whole[1], whole[2])
    c = median(chunked[0], chunked[1], chunked[2])
    printf "%-22s %9d %8d %8d %8d %9d %6.1fx %8.1fx %8.1fx", $1, $2, $3, $4, $5, $6, w, c,
        median(examined[0], examined[1], examined[2])
    if ($9 > 0) printf " %6.1fx", median(bare[0], bare[1], bare[2])
    printf "\n"
    if (least == 0 || c < least) { least = c; at = $1 }
    if ($1 ~ /^notoptions/ && (names == 0 || c < names)) names = c
    values++
}
END { if (values != 10) exit 1
      printf "least ratio in chunks (wanted: at least 5x): %.1fx of notoptions, ", names
      printf "%.1fx of all (%s)\n", least, at }'
