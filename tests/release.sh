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
demo_pid=
trap 'if [ -n "$demo_pid" ]; then kill "$demo_pid"; fi; rm -rf "$work"' EXIT
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
TMPDIR=$work "$wpbloat" demo --keep --budget full >"$work/demo.out" 2>"$work/demo.err"
demo_pid=$(sed -n 's/^demo: *kill \([0-9]*\) .*/\1/p' "$work/demo.err")
site=$(sed -n 's/^demo: *wpbloat scan \(.*\)/\1/p' "$work/demo.err" | tail -n 1)
for budget in normal full; do
    /usr/bin/time -q -o "$work/time" -f "scan of the incident, $budget: %e s, peak %M KiB" \
        "$wpbloat" scan "$site" --budget "$budget" --fail-on never --output "$work/report"
    cat "$work/time"
done
echo "executable: $(stat -c %s "$wpbloat") bytes"
