#!/bin/sh
# release.sh - what is shipped, as it is shipped: an optimised, hardened build, the
# scenarios against it, and its figures. Run tests/run.sh first: it installs what
# this needs.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-release
wpbloat=$build/wpbloat

fail() {
    echo "release.sh: $*" >&2
    exit 1
}

work=$(mktemp -d /tmp/wpbloat-release.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "[1/4] building $build"
{
    cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DWPB_WERROR=ON
    cmake --build "$build" -j "$(nproc)"
    DESTDIR=$work/root cmake --install "$build" --prefix /usr
} >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail "the build failed"
}
[ -x "$work/root/usr/bin/wpbloat" ] || fail "nothing was installed"

echo "[2/4] hardening"
readelf -hldW "$wpbloat" >"$work/elf"
grep -q 'Type: *DYN' "$work/elf" || fail "not a position-independent executable"
grep -q GNU_RELRO "$work/elf" || fail "no RELRO"
grep -Eq 'BIND_NOW|Flags:.*NOW' "$work/elf" || fail "not bound at start"
grep -q 'GNU_STACK.*RW ' "$work/elf" || fail "an executable stack"
readelf -sW --dyn-syms "$wpbloat" >"$work/symbols"
grep -q __stack_chk_fail "$work/symbols" || fail "no stack protector"
grep -q '_chk@' "$work/symbols" || fail "no fortified calls"

echo "[3/4] scenarios"
for scenario in cli incident hostile wordpress; do
    # Without a sanitizer's shadow memory, the limit can be that of a real host.
    WPB_PEAK_LIMIT_KIB=40960 sh "$root/tests/scenario/$scenario.sh" "$wpbloat" ||
        fail "scenario $scenario"
done

echo "[4/4] figures"
code=0
/usr/bin/time -o "$work/time" -f 'scan of the incident, with seeding: %e s, peak %M KiB' \
    "$wpbloat" demo --output "$work/report" 2>/dev/null || code=$?
[ "$code" -eq 0 ] || fail "demo: exit code $code"
cat "$work/time"
echo "executable: $(stat -c %s "$wpbloat") bytes"
