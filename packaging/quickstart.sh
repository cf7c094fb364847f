#!/bin/sh
# quickstart.sh - from a fresh clone to a first report.
#
# Installs what is missing (apt-get, as root or through sudo), builds in ./build,
# scans the WordPress found on this host; when the scan could measure nothing here,
# runs the demo: sick sites on private servers of their own. Safe to run again. Exit code: 0 when a scan ran, whatever it found; else that of what failed.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/apt.sh"

log=$(mktemp "${TMPDIR:-/tmp}/wpbloat-quickstart.XXXXXX")
trap apt_restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step() {
    printf '[%s/4] %s\n' "$1" "$2"
}

# quiet COMMAND...: its output goes to the log, and is shown when it fails.
quiet() {
    code=0
    "$@" >>"$log" 2>&1 || code=$?
    [ "$code" -eq 0 ] || give_up "$code"
}

give_up() {
    echo "That failed (exit code $1). The end of $log:" >&2
    tail -n 20 "$log" >&2
    exit "$1"
}

for tool in dpkg-query apt-get; do
    command -v "$tool" >/dev/null && continue
    echo "This script needs $tool (Debian, Ubuntu). Elsewhere, install a C compiler," >&2
    echo "cmake, pkg-config, libuv, hiredis, cJSON, inih, libcurl, libmicrohttpd, SQLite" >&2
    echo "and MariaDB Connector/C, then:" >&2
    echo "cmake -B build && cmake --build build" >&2
    exit 1
done

missing=$(apt_missing gcc libc6-dev make cmake pkg-config libuv1-dev libhiredis-dev \
    libcjson-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev \
    libmariadb-dev redis-server)
if [ -n "$missing" ]; then
    step 1 "installing ${missing% }"
    # shellcheck disable=SC2086
    apt_install "$log" $missing || give_up $?
else
    step 1 "every package is installed"
fi

step 2 "building $root/build"
quiet cmake -S "$root" -B "$root/build" -DCMAKE_BUILD_TYPE=Release
quiet cmake --build "$root/build" -j "$(nproc)"
rm -f "$log"

step 3 "looking for WordPress on this host: wpbloat scan"
code=0
"$root/build/wpbloat" scan || code=$?
case $code in
0 | 1 | 2)
    step 4 "done; again any time: $root/build/wpbloat scan"
    exit 0
    ;;
3) ;;
*) exit "$code" ;;
esac

# The server's program alone, without a service: it starts in the demo's folder only.
# The demo shows less without it, so that this may fail.
program=mariadb-server-core
if [ -n "$(apt_missing $program)" ] && ! [ -x /usr/sbin/mariadbd ]; then
    step 4 "nothing could be measured here; installing $program for the demo"
    apt_install "$log" $program || :
    rm -f "$log"
fi
step 4 "nothing could be measured here, so sick sites in a box: wpbloat demo"
"$root/build/wpbloat" demo
