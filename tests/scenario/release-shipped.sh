#!/bin/sh
# release-shipped.sh SECTION - what is shipped, as it is shipped: an optimised, hardened
# build, what it installs, the scenarios against it, and its size.
set -eu

. "$(dirname "$0")/release-part.sh"

wpbloat=$work/build/wpbloat
begin "$(gcc --version | sed -n 1p), $(. /etc/os-release && echo "$PRETTY_NAME")"
copy "$work/src"

build() {
    cmake -S "$work/src" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DWPB_WERROR=ON &&
        cmake --build "$work/build" -j "$(nproc)" &&
        DESTDIR=$work/installed cmake --install "$work/build" --prefix /usr &&
        [ -x "$work/installed/usr/bin/wpbloat" ]
}
passed "Release build and installation, warnings are errors" build build || exit 1
row "Release build and installation, warnings are errors" \
    "ok, executable of $(stat -c %s "$wpbloat") bytes"

# What a hardened executable shows.
hardening() {
    readelf -hldW "$wpbloat" >"$work/elf"
    readelf -sW --dyn-syms "$wpbloat" >"$work/symbols"
    grep -q 'Type: *DYN' "$work/elf" || { echo "not a position-independent executable"; return 1; }
    grep -q GNU_RELRO "$work/elf" || { echo "no RELRO"; return 1; }
    grep -Eq 'BIND_NOW|Flags:.*NOW' "$work/elf" || { echo "not bound at start"; return 1; }
    grep -q 'GNU_STACK.*RW ' "$work/elf" || { echo "an executable stack"; return 1; }
    grep -q __stack_chk_fail "$work/symbols" || { echo "no stack protector"; return 1; }
    grep -q '_chk@' "$work/symbols" || { echo "no fortified calls"; return 1; }
}
check "PIE, RELRO, bound at start, stack protector, fortified calls" hardening hardening

for scenario in cli incident hostile wordpress; do
    # Without a sanitizer's shadow memory, the limit can be that of a real host.
    check "scenario $scenario" "$scenario" env WPB_PEAK_LIMIT_KIB=40960 \
        sh "$work/src/tests/scenario/$scenario.sh" "$wpbloat"
done

demo() {
    /usr/bin/time -o "$work/time" -f '%e s with seeding' \
        "$wpbloat" demo --output "$work/report"
}
if passed "wpbloat demo" demo demo; then
    row "wpbloat demo" "ok, $(cat "$work/time")"
fi
exit "$failed"
