#!/bin/sh
# release-sid.sh SECTION - does it build with the newest compiler and libraries, and does
# it read MySQL as it reads MariaDB, with MySQL's own library?
set -eu

. "$(dirname "$0")/release-part.sh"
. "$(dirname "$0")/release-chroot.sh"

begin "Debian unstable"
make_chroot sid
install_inside gcc libc6-dev make cmake ninja-build pkg-config libuv1-dev libhiredis-dev \
    libcjson-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev \
    libmariadb-dev libzstd-dev libssl-dev libcmocka-dev redis-server procps openssl \
    git python3 python3-jsonschema mysql-server-core mysql-client-core php-cli \
    php-fpm php-mysql php-redis
row "versions" "gcc $(inside gcc -dumpfullversion), CMake $(version_of inside cmake --version), libuv $(package_inside libuv1-dev), hiredis $(package_inside libhiredis-dev), cJSON $(package_inside libcjson-dev), OpenSSL $(package_inside libssl-dev), Redis $(package_inside redis-server | sed 's/^5://'), MySQL $(package_inside mysql-server-core)"

build() {
    inside cmake -S /src -B /src/build && inside cmake --build /src/build -j "$(nproc)"
}
if passed "cmake -S . -B build, cmake --build build" build build; then
    row "cmake -S . -B build, cmake --build build" \
        "ok, $(grep -c 'warning:' "$logs/build.log" || :) warnings"
    check "wpbloat demo" demo inside /src/build/wpbloat demo
fi

# MariaDB's library goes, so that MySQL's is found.
with_mysql() {
    inside env WPB_TEST_MYSQLD=/usr/sbin/mysqld "$@"
}
build_mysql() {
    inside apt-get -q -y purge libmariadb-dev &&
        inside apt-get -q -y install --no-install-recommends libmysqlclient-dev &&
        inside cmake -S /src -B /src/build-mysql -G Ninja -DCMAKE_BUILD_TYPE=Debug \
            -DWPB_TESTS=ON -DWPB_SANITIZE=address,undefined &&
        inside cmake --build /src/build-mysql &&
        inside ldd /src/build-mysql/wpbloat | grep libmysqlclient
}
if passed "build with libmysqlclient, ASan and UBSan" build-mysql build_mysql; then
    row "build with libmysqlclient $(package_inside libmysqlclient-dev), ASan and UBSan" \
        "ok, $(grep -c 'warning:' "$logs/build-mysql.log" || :) warnings"
    ctest_row "the MySQL tests against MySQL" tests-mysql with_mysql \
        ctest --test-dir /src/build-mysql --output-on-failure -j 2 -R '^unit[.]mysql'
    for scenario in raised-limit heavy-bootstrap; do
        check "scenario $scenario on MySQL" "$scenario-mysql" with_mysql \
            sh "/src/tests/scenario/$scenario.sh" /src/build-mysql/wpbloat
    done
fi
exit "$failed"
