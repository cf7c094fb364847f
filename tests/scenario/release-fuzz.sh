#!/bin/sh
# release-fuzz.sh SECTION - every fuzzer, one after the other, from its committed
# inputs. What makes one fail is kept below build-release/fuzz, named in the row.
set -eu

. "$(dirname "$0")/release-part.sh"

seconds=${WPB_FUZZ_SECONDS:-60}
need clang clang
begin "clang $(version_of clang --version), libFuzzer with ASan and UBSan, $seconds s each"
copy "$work/src"

build() {
    CC=clang cmake -S "$work/src" -B "$work/build" -G Ninja -DWPB_TESTS=ON \
        -DWPB_FUZZ=ON -DWPB_SANITIZE=address,undefined \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo || return 1
    for target in $targets; do
        cmake --build "$work/build" --target "fuzz_$target" || return 1
    done
}
targets=$(sed -n 's/^wpb_fuzz_target(\([a-z_0-9]*\) .*/\1/p' "$work/src/tests/fuzz/fuzz.cmake")
[ -n "$targets" ] || fail "no fuzzer is listed"
passed build build build || exit 1

for target in $targets; do
    mkdir -p "$work/found/$target" "$logs/$target"
    code=0
    # A log a target; the findings beside it.
    (cd "$work" && "$work/build/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$logs/$target/" \
        "$work/found/$target" "$work/src/tests/fuzz/corpus/$target") \
        >"$logs/$target.log" 2>&1 </dev/null || code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target.log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$logs/$target.log" | tail -n 1)
    if [ "$code" -eq 0 ]; then
        rmdir "$logs/$target"
        row "$target" "ok, ${runs:-0} runs, ${edges:-0} edges"
    else
        kept=$(find "$logs/$target" -type f -printf '%f ' | sed 's/ $//')
        why=$(grep -m 1 -E '^SUMMARY: |ERROR: libFuzzer: ' "$logs/$target.log" |
            sed "s|$work/src/||g; s/^==[0-9]*== *//; s/|/ /g") || why="exit code $code"
        # The first of our own lines on the stack.
        where=$(sed -n "s|^ *#[0-9]* .* in .*$work/src/\\([^ ]*\\).*|at \\1, |p" \
            "$logs/$target.log" | sed -n 1p)
        row "$target" "FAILED ${where}$why; kept: ${kept:-nothing}"
        failed=1
    fi
done
exit "$failed"
