#!/bin/sh
# run.sh - everything the tests need, then every test.
#
# Installs what is missing (apt-get, as root or through sudo, starting no service),
# builds with AddressSanitizer and UndefinedBehaviorSanitizer in ./build-tests, runs
# ctest. The servers the tests use are private: temporary folders, unix sockets.
# The last line is ctest's. A test that was skipped is a failure.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/apt.sh"

log=$(mktemp "${TMPDIR:-/tmp}/wpbloat-tests.XXXXXX")
trap apt_restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step() {
    printf '[%s/3] %s\n' "$1" "$2"
}

quiet() {
    code=0
    "$@" >>"$log" 2>&1 || code=$?
    [ "$code" -eq 0 ] || give_up "$code"
}

give_up() {
    echo "That failed (exit code $1). The end of $log:" >&2
    tail -n 60 "$log" >&2
    exit "$1"
}

missing=$(apt_missing gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libhiredis-dev \
    libcjson-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev \
    libmariadb-dev libcmocka-dev libzstd-dev clang-format scdoc git curl \
    time procps iproute2 dpkg-dev fakeroot systemd \
    python3 python3-jsonschema prometheus prometheus-alertmanager openssl \
    redis-server mariadb-server nginx wordpress \
    php-cli php-fpm php-mysql php-redis php-igbinary)
if [ -n "$missing" ]; then
    step 1 "installing ${missing% }"
    # shellcheck disable=SC2086
    apt_install "$log" $missing || give_up $?
else
    step 1 "every package is installed"
fi

step 2 "building $root/build-tests"
quiet cmake -S "$root" -B "$root/build-tests" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DWPB_TESTS=ON -DWPB_WERROR=ON -DWPB_SANITIZE=address,undefined
quiet cmake --build "$root/build-tests" -j "$(nproc)"

step 3 "testing"
results=$root/build-tests/ctest.log
code=0
cd "$root/build-tests"
ctest --output-on-failure --no-tests=error -j 2 -O "$results" || code=$?
if grep -E '\*\*\*(Skipped|Not Run)|Not Run \(Disabled\)' "$results" >&2; then
    echo "Tests were skipped: see above." >&2
    [ "$code" -ne 0 ] || code=1
fi
rm -f "$log"
grep -E '^[0-9]+% tests passed' "$results" || { echo "ctest ended without a verdict" >&2; exit 1; }
exit "$code"
