#!/bin/sh
# release-sid.sh SECTION - does it build with the newest compiler and libraries?
set -eu

. "$(dirname "$0")/release-part.sh"
. "$(dirname "$0")/release-chroot.sh"

begin "Debian unstable"
make_chroot sid
install_inside gcc libc6-dev make cmake pkg-config libuv1-dev libhiredis-dev \
    libcjson-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev \
    libmariadb-dev libzstd-dev libssl-dev redis-server
row "versions" "gcc $(inside gcc -dumpfullversion), CMake $(version_of inside cmake --version), libuv $(package_inside libuv1-dev), hiredis $(package_inside libhiredis-dev), cJSON $(package_inside libcjson-dev), OpenSSL $(package_inside libssl-dev), Redis $(package_inside redis-server | sed 's/^5://')"

build() {
    inside cmake -S /src -B /src/build && inside cmake --build /src/build -j "$(nproc)"
}
if passed "cmake -S . -B build, cmake --build build" build build; then
    row "cmake -S . -B build, cmake --build build" \
        "ok, $(grep -c 'warning:' "$logs/build.log" || :) warnings"
    check "wpbloat demo" demo inside /src/build/wpbloat demo
fi
exit "$failed"
