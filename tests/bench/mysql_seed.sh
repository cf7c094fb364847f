#!/bin/sh
# A site's tables of a gigabyte, for the benches of MySQL: FOLDER/data, a data folder
# of MariaDB, and FOLDER/truth.json, the true figures. Made once: what is there with
# the same arguments is left alone.
#   tests/bench/mysql_seed.sh BUILD_FOLDER FOLDER [ROWS [SEED]]     (a Release build)
#
# Schema "wordpress", prefix "wp_": postmeta by bench_mysql_seed; a post for 98 % of its
# post ids, three in ten of them revisions; 400 options, 300 of them autoloaded. Root
# has no password; the account wpbloat has the rights of packaging/grants.sql and the
# password in FOLDER/password. To read it with a cold pool of 64 MB:
#
#   start_mariadb NAME --datadir=FOLDER/data --innodb-buffer-pool-size=64M \
#       --innodb-flush-method=O_DIRECT          (servers.sh)
set -eu
build=${1:?usage: mysql_seed.sh BUILD_FOLDER FOLDER [ROWS [SEED]]}
folder=${2:?usage: mysql_seed.sh BUILD_FOLDER FOLDER [ROWS [SEED]]}
rows=${3:-1000000}
seed=${4:-1}
here=$(cd "$(dirname "$0")" && pwd)

if grep -q "^{\"seed\": $seed, \"rows\": $rows," "$folder/truth.json" 2>/dev/null; then
    echo "$folder holds them already"
    exit 0
fi
cmake --build "$build" --target bench_mysql_seed >/dev/null
# shellcheck source=tests/scenario/servers.sh
. "$here/../scenario/servers.sh"

start_mariadb seed --innodb-buffer-pool-size=1G --innodb-log-file-size=256M \
    --innodb-flush-method=nosync --innodb-doublewrite=0 --local-infile=1
mariadb_wordpress seed wordpress wp_
begun=$(date +%s.%N)
"$build/tests/bench_mysql_seed" "$work/truth.json" "$rows" "$seed" |
    mariadb_root seed --local-infile=1 wordpress -e "
        LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE wp_postmeta CHARACTER SET utf8mb4
        (meta_id, post_id, meta_key, meta_value)" || fail "the rows were not loaded"
ended=$(date +%s.%N)
# The generator's truth is written last, and only by one that met no error.
[ -s "$work/truth.json" ] || fail "the generator did not end well"
posts=$(sed -n 's/.*"posts": \([0-9]*\).*/\1/p' "$work/truth.json")
mariadb_root seed wordpress >"$work/posts.log" <<SQL || fail "posts and options were not made"
INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_content, post_title,
    post_excerpt, post_status, post_name, to_ping, pinged, post_content_filtered,
    post_parent, post_type)
SELECT seq, 1, '2026-01-01' + INTERVAL seq MINUTE, '2026-01-01' + INTERVAL seq MINUTE,
    REPEAT('content ', 50), CONCAT('Title ', seq), '',
    IF(seq % 10 < 3, 'inherit', 'publish'), CONCAT('post-', seq), '', '', '',
    IF(seq % 10 < 3, seq - seq % 10 + 3, 0),
    IF(seq % 10 < 3, 'revision', ELT(1 + seq % 3, 'page', 'product', 'post'))
FROM seq_1_to_$posts;
INSERT INTO wp_options (option_name, option_value, autoload)
SELECT CONCAT('shop_option_', seq), REPEAT('x', 40 + seq % 500),
    IF(seq <= 300, 'yes', 'no') FROM seq_1_to_400;
ANALYZE TABLE wp_postmeta, wp_posts, wp_options;
SET GLOBAL innodb_fast_shutdown = 0;
SQL
loaded=$(mariadb_root seed wordpress -e 'SELECT COUNT(*) FROM wp_postmeta')
[ "$loaded" = "$rows" ] || fail "$loaded rows were loaded instead of $rows"
# However long the clean end takes: stop_server would kill it after ten seconds.
kill "$mariadb_pid"
wait "$mariadb_pid" || fail "mariadbd did not end well"
mkdir -p "$folder"
rm -rf "$folder/data"
mv "$work/seed" "$folder/data"
mv "$work/seed.password" "$folder/password"
mv "$work/truth.json" "$folder/truth.json"
echo "$begun $ended" | awk -v rows="$rows" '{
    printf "loaded %d rows in %.1f s\n", rows, $2 - $1 }'
du -sh "$folder/data" | awk '{ print "data folder " $1 }'
