#!/bin/sh
# How much faster an examination (walk, memory model, families, paths) is than
# PHP's warm unserialize() alone, on two notoptions of 79,000 names (4.1 MB): all
# of one family, and mixed as in the incident. Each turn runs both, one after the
# other, and prints its ratio.
#   tests/bench/php_families.sh BUILD_FOLDER        (a Release build)
set -eu
build=${1:?usage: php_families.sh BUILD_FOLDER}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --build "$build" --target bench_php_families >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
php -d memory_limit=1G "$here/php_walk.php" 79000 "$work/single"
php -d memory_limit=1G "$here/php_families.php" "$work/mixed"
for shape in single mixed; do
    echo "$shape: turn  php us  examine us  ns a name  ratio"
    for turn in 1 2 3 4 5; do
        peer=$(php -d memory_limit=1G "$here/php_walk.php" "$work/$shape")
        ours=$("$build/tests/bench_php_families" "$work/$shape" 15)
        echo "$turn $peer $ours"
    done | awk -v pad="${#shape}" '{
        printf "%*s%6d %7d %11d %10.1f %5.1fx\n", pad, "", $1, $2, $3,
               $3 * 1000 / $4, $2 / $3
        if ($4 != 79000) { print "folded " $4 " names, not 79000"; exit 1 }
        ratio[NR] = $2 / $3
    }
    END { if (NR != 5) exit 1
          for (i = 1; i <= 5; i++) for (j = i + 1; j <= 5; j++)
              if (ratio[j] < ratio[i]) { t = ratio[i]; ratio[i] = ratio[j]; ratio[j] = t }
          printf "median ratio: %.1fx (wanted: at least 2x)\n", ratio[3] }'
done
