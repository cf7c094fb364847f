#!/bin/sh
# The memory model against memory_get_usage() of the installed PHP, a fresh process
# a shape: within 1 %, for a builder's keys, of which PHP has interned some, from 0
# to +5 %; the shortcut from length and first 16 bytes within 10 %. Where PHP has
# interned every key of small arrays, the model is still an upper bound, and no
# more can be said: what is interned depends on the code that is loaded.
#   php_memory.sh PHP_MEMORY_DRIVER
set -eu
driver=${1:?usage: php_memory.sh DRIVER}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run_php() { php -d memory_limit=2G -d opcache.enable_cli=0 -d display_errors=stderr "$@"; }

run_php -r 'exit(function_exists("igbinary_serialize") ? 0 : 1);' ||
    { echo "php-cli with php-igbinary is needed"; exit 1; }
run_php "$here/php_memory_shapes.php" "$work"

for file in "$work"/shape.* "$work"/names.*; do
    measured=$(run_php "$here/php_memory_measure.php" "$file")
    case $file in
    *names.*) model=$("$driver" "$file" shortcut) ;;
    *) model=$("$driver" "$file") ;;
    esac
    echo "$(basename "$file") $measured $model"
done >"$work/results"

awk '
function check(label, error, low, high) {
    printf "%s%+.2f %%", label, error
    if (error < low || error > high) { printf " (allowed: %+g to %+g)", low, high; bad++ }
}
BEGIN { printf "%-28s %12s  %s\n", "shape", "PHP bytes", "model, error of value and read peak" }
{
    value = ($4 - $2) / $2 * 100
    peak = ($5 - $3) / $3 * 100
    low = -1; high = 1
    if ($1 ~ /^shape.interned/) { low = 0; high = 5 }
    if ($1 ~ /^shape.all_keys_interned/) { low = 0; high = 25 }
    if ($1 ~ /^names/) { low = -10; high = 10 }
    printf "%-28s %12d  ", $1, $2
    check("value ", value, low, high)
    check("  peak ", peak, low, high)
    printf "\n"
    if ($1 ~ /^names/) names++; else shapes++
}
END {
    printf "%d shapes and %d length distributions, %d figures out of bounds\n", shapes, names, bad
    exit(bad > 0 || shapes < 12 || names < 24)
}' "$work/results"
