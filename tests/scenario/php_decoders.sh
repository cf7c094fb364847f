#!/bin/sh
# The igbinary and JSON walkers against the installed PHP, a fresh process a shape:
# every element with depth, key, type and size as PHP decodes it, and the memory model
# against memory_get_usage(): the value within 1 %, for keys that PHP has interned
# from 0 to +5 %. The read peak is an upper bound: from -1 % (or 4 KiB) to +6 %, more
# where the keys are interned; what igbinary needs for classes of C: is not known.
#   php_decoders.sh DRIVER igbinary|json
set -eu
driver=${1:?usage: php_decoders.sh DRIVER ENCODING}
encoding=${2:?usage: php_decoders.sh DRIVER ENCODING}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run_php() { php -d memory_limit=2G -d opcache.enable_cli=0 -d display_errors=stderr "$@"; }

run_php -r 'exit(function_exists("igbinary_serialize") ? 0 : 1);' ||
    { echo "php-cli with php-igbinary is needed"; exit 1; }
run_php "$here/php_memory_shapes.php" "$work" "$encoding"

# Lines of PHP and of the walker; where the walker met a value again by its number, PHP
# shows it whole. Prints how many elements the walker saw, or "no" with the difference.
compare() {
    awk '
    function depth(line) { return line + 0 }
    FNR == NR { php[++last] = $0; next }
    / reference$/ {
        i++
        here = depth($0)
        if (index(php[i], substr($0, 1, length($0) - 9)) != 1) differ = FNR
        while (i < last && depth(php[i + 1]) > here) i++
        next
    }
    !differ && php[++i] != $0 { differ = FNR; print php[i] " | " $0 >"/dev/stderr" }
    END { if (differ || i != last) print "no"; else print FNR }' "$1" "$2"
}

for file in "$work"/shape.*; do
    measured=$(run_php "$here/php_memory_measure.php" "$file")
    model=$("$driver" "$file")
    run_php "$here/php_decoders_lines.php" "$file" >"$work/php"
    "$driver" "$file" lines >"$work/ours"
    echo "$(basename "$file" ".$encoding") $measured $model $(compare "$work/php" "$work/ours")"
done >"$work/results"

awk '
function check_peak(measured, model, low, high) {
    if (model < measured && measured - model < 4096) measured = model
    check("  peak ", (model - measured) / measured * 100, low, high)
}
function check(label, error, low, high) {
    printf "%s%+.2f %%", label, error
    if (error < low || error > high) { printf " (allowed: %+g to %+g)", low, high; bad++ }
}
BEGIN { printf "%-28s %12s  %s\n", "shape", "PHP bytes", "model, error of value and read peak; elements alike" }
{
    low = -1; high = 1
    if ($1 ~ /^shape.interned/) { low = 0; high = 5 }
    if ($1 ~ /^shape.all_keys_interned/) { low = 0; high = 25 }
    printf "%-28s %12d  ", $1, $2
    check("value ", ($4 - $2) / $2 * 100, low, high)
    check_peak($3, $5, $1 ~ /custom/ ? -8 : low, high + 5)
    printf "  %s\n", $7
    if ($7 == "no") bad++
    shapes++
}
END {
    printf "%d shapes, %d figures out of bounds\n", shapes, bad
    exit(bad > 0 || shapes < 20)
}' "$work/results"
