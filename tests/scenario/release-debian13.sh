#!/bin/sh
# release-debian13.sh SECTION - a newcomer's Debian 13: quickstart from a clean copy;
# then the tests with its compiler, hiredis 1.x, Redis 8, TLS, and Valkey.
set -eu

. "$(dirname "$0")/release-part.sh"
. "$(dirname "$0")/release-chroot.sh"

begin "Debian 13"
make_chroot trixie

# The demo's own words: the report of the incident, on whatever Redis is there.
quickstart() {
    inside sh /src/packaging/quickstart.sh && grep -q 'holds 65,768 names of' "$1" &&
        grep -q 'demo: removed' "$1"
}
check "quickstart.sh, to the end of the demo's report" quickstart \
    quickstart "$logs/quickstart.log"

install_inside ninja-build libcjson-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev \
    libsqlite3-dev libmariadb-dev libcmocka-dev libzstd-dev \
    libssl-dev python3 python3-jsonschema prometheus prometheus-alertmanager mariadb-server git time procps openssl curl scdoc wordpress valkey-server \
    valkey-tools php-cli php-fpm php-mysql php-redis php-igbinary nginx iproute2
row "versions" "Debian $(cat "$chroot/etc/debian_version"), gcc $(inside gcc -dumpfullversion), CMake $(version_of inside cmake --version), libuv $(package_inside libuv1-dev), hiredis $(package_inside libhiredis-dev), OpenSSL $(package_inside libssl-dev), cmocka $(package_inside libcmocka-dev), Redis $(package_inside redis-server | sed 's/^5://'), Valkey $(package_inside valkey-server), PHP $(version_of inside php --version), WordPress $(package_inside wordpress)"

build() {
    inside cmake -S /src -B /src/build-tests -G Ninja -DCMAKE_BUILD_TYPE=Debug \
        -DWPB_TESTS=ON -DWPB_WERROR=ON -DWPB_SANITIZE=address,undefined &&
        inside cmake --build /src/build-tests
}
if passed "build with ASan and UBSan, warnings are errors" build build; then
    row "build with ASan and UBSan, warnings are errors" ok
    # clang-format differs by version; the scenarios are Debian 12's.
    ctest_row "unit tests, inputs of the fuzzers, schemas, lint" tests \
        inside ctest --test-dir /src/build-tests --output-on-failure -j 2 \
        -LE scenario -E '^lint[.]format$'
    check "Redis over TLS (scenario tls)" tls \
        inside sh /src/tests/scenario/tls.sh /src/build-tests/wpbloat

    mkdir "$chroot/opt/valkey"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho >>/opt/valkey/starts\nexec valkey-server "$@"\n' \
        >"$chroot/opt/valkey/redis-server"
    chmod 755 "$chroot/opt/valkey/redis-server"
    with_valkey() {
        inside env PATH=/opt/valkey:/usr/sbin:/usr/bin:/sbin:/bin "$@"
    }
    ctest_row "the Redis tests against Valkey" valkey with_valkey \
        ctest --test-dir /src/build-tests --output-on-failure -R '^unit[.]redis'
    [ -s "$chroot/opt/valkey/starts" ] || {
        row "Valkey" "FAILED: the tests did not start it"
        failed=1
    }
    demo() {
        with_valkey /src/build-tests/wpbloat demo && grep -q 'holds 65,768 names of' "$1"
    }
    check "the demo against Valkey" valkey-demo demo "$logs/valkey-demo.log"
fi
exit "$failed"
