#!/bin/sh
# Is a server that is asked who waits for whom still there afterwards? The statement of
# the probe mysql.locks, while clients come, wait for one row, and go: for SECONDS eight
# times a second (InnoDB tells nothing new before 0.1 s without a question have passed),
# then for as long as fast as two connections can. A statement that joined PROCESSLIST
# ended MariaDB 10.11.19 within seconds of the latter.
#   tests/bench/mysql_locks.sh BUILD_FOLDER [SECONDS]
set -eu
build=${1:?usage: mysql_locks.sh BUILD_FOLDER [SECONDS]}
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/scenario/servers.sh
. "$here/../scenario/servers.sh"
cmake --build "$build" --target bench_mysql_locks >"$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
statement=$("$build/tests/bench_mysql_locks")

start_mariadb db --max-connections=100
mariadb_root db -e "CREATE DATABASE shop;
    CREATE TABLE shop.hq_index (name VARCHAR(20) PRIMARY KEY, generation INT);
    INSERT INTO shop.hq_index VALUES ('prices', 0)"
# client: new connections, one after the other, each of which holds the row for a while.
client() {
    end=$(($(date +%s) + seconds))
    while [ "$(date +%s)" -lt "$end" ]; do
        mariadb_root db shop -e "BEGIN; UPDATE hq_index SET generation = generation + 1
            WHERE name = 'prices'; DO SLEEP(0.01); COMMIT" || return 1
    done
}
# ask NAME TEXT: over and over, for SECONDS.
ask() {
    (yes "$2" | timeout "$seconds" mariadb --no-defaults -uroot --socket="$work/db.sock" \
        --skip-column-names shop >"$work/answers.$1" 2>"$work/asked.$1") &
    pids="$pids $!"
}
failed=0
# begin: clients; finish: until all have ended.
begin() {
    pids=
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        client >"$work/client.$i" 2>&1 &
        pids="$pids $!"
    done
}
finish() {
    for pid in $pids; do
        # timeout(1) ends those that ask: 124.
        wait "$pid" || [ $? -eq 124 ] || failed=$((failed + 1))
    done
}
begin
ask slow "$statement; DO SLEEP(0.12);"
finish
begin
ask fast.1 "$statement;"
ask fast.2 "$statement;"
finish
asked=$(mariadb_root db -e "SHOW GLOBAL STATUS LIKE 'Com_select'" | awk '{ print $2 }')
echo "asked $asked times in twice $seconds s, $(cat "$work"/answers.* | wc -l) waits told; clients that failed: $failed"
[ "$failed" -eq 0 ]
