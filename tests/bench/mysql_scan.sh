#!/bin/sh
# What a default scan costs a database of a gigabyte of post meta, and how right its
# samples are, on a cold buffer pool of 64 MB:
#   pages    read from disk by the scan, of those that the GROUP BY of all lengths reads;
#            and its wall time, one after the other in each round
#   warm     of the pages of the index on meta_key, which were warm, those read again after it
#   totals   of SEEDS scans: how often the interval covers the truth, at the default
#            number of values; how often the total of 1,000 values is within 20 % of it;
#            the first of them again where the index on meta_key does not hold whole keys
#   memory   RssAnon of a scan and of one with --deep, at most
#   writer   one that commits without end: its median and p95 with scans running, of
#            those without, in pairs
#   tests/bench/mysql_scan.sh BUILD_FOLDER [DATA_FOLDER [ROUNDS [SEEDS]]]  (a Release build)
# DATA_FOLDER is one of mysql_seed.sh; it is copied. Without it one is made, and removed.
set -eu
build=${1:?usage: mysql_scan.sh BUILD_FOLDER [DATA_FOLDER [ROUNDS [SEEDS]]]}
data=${2:-}
rounds=${3:-5}
seeds=${4:-100}
here=$(cd "$(dirname "$0")" && pwd)
cmake --build "$build" --target wpbloat bench_mysql_totals bench_mysql_writer >/dev/null
# shellcheck source=tests/scenario/servers.sh
. "$here/../scenario/servers.sh"

if [ -z "$data" ]; then
    data=$work/seeded
    sh "$here/mysql_seed.sh" "$build" "$data"
    mv "$data/data" "$work/data"
else
    cp -a "$data/data" "$work/data"
fi
chmod 711 "$work/data"
cp "$data/password" "$work/password"
chmod 600 "$work/password"
mariadb_pid=

# cold [ARGUMENT...]: the server anew, nothing in its pool.
cold() {
    [ -z "$mariadb_pid" ] || stop_server "$mariadb_pid"
    rm -rf "$work/db"
    rm -f "$work/db.sock"
    start_mariadb db --datadir="$work/data" --innodb-buffer-pool-size=64M \
        --innodb-flush-method=O_DIRECT --innodb-log-file-size=256M \
        --innodb-buffer-pool-load-at-startup=0 --innodb-buffer-pool-dump-at-shutdown=0 \
        "$@"
}

sql() {
    mariadb_root db wordpress -e "$1"
}

# status NAME: that counter of the buffer pool.
status() {
    sql "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_$1'" | cut -f2
}

reads() {
    status reads
}

# scan [OPTION...]: this shell becomes the scan; scan_once [OPTION...]: and ends.
scan() {
    exec "$build/wpbloat" scan --mysql "mysql+unix://$work/db.sock?db=wordpress&user=wpbloat" \
        --mysql-password-file "$work/password" --no-examine --format json \
        --fail-on never "$@" >"$work/report.json" 2>"$work/scan.log"
}
scan_once() {
    (scan "$@")
}

# measured COMMAND...: sets measured to "PAGES SECONDS" of it, cold.
measured() {
    cold
    measured_before=$(reads)
    measured_begun=$(date +%s.%N)
    "$@" >"$work/out"
    measured_ended=$(date +%s.%N)
    measured=$(echo "$(($(reads) - measured_before)) $measured_begun $measured_ended" |
        awk '{ printf "%d %.2f", $1, $3 - $2 }')
}

medians='
function median(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}'

echo "cold pool: pages and seconds of the GROUP BY, of the scan, their ratios"
round=1
while [ "$round" -le "$rounds" ]; do
    measured sql 'SELECT meta_key, COUNT(*), SUM(LENGTH(meta_value)) FROM wp_postmeta
        GROUP BY meta_key'
    measured_group=$measured
    measured scan_once
    echo "$measured_group $measured" >>"$work/rounds"
    round=$((round + 1))
done
awk "$medians"'
{ pages[NR] = $3 / $1; wall[NR] = $4 / $2
  printf "%8d %6.2f %8d %6.2f %9.4f %6.3f\n", $1, $2, $3, $4, pages[NR], wall[NR]
  fflush() }
END { printf "pages: %.2f %% (at most 5), wall: %.3f (at most 0.2)\n",
             100 * median(pages, NR), median(wall, NR) }' "$work/rounds"

# Three times over more than a second: what InnoDB calls young.
touch_index() {
    sql 'SELECT COUNT(*) FROM wp_postmeta FORCE INDEX (meta_key) WHERE meta_key > ""' >/dev/null
}
for pool in 64M 256M; do
    cold --innodb-buffer-pool-size="$pool"
    warm_cold=$(reads)
    touch_index
    warm_set=$(($(reads) - warm_cold))
    sleep 1.1
    touch_index
    sleep 1.1
    touch_index
    warm_before=$(reads)
    touch_index
    warm_alone=$(($(reads) - warm_before))
    scan_once
    warm_before=$(reads)
    touch_index
    # What InnoDB keeps free is no room: of a small pool little is left beside the index.
    echo "$pool $warm_set $warm_alone $(($(reads) - warm_before)) $(status pages_total) $(sql 'SELECT @@innodb_lru_scan_depth')" | awk '{
        printf "warm in a pool of %s: %d index pages, %d read again without a scan, " \
               "%d after one: %.1f %% (at most 10); of %d pages the server keeps %d free\n",
               $1, $2, $3, $4, 100 * $4 / $2, $5, $6 }'
done

sed -n 's/.*"key": "\([^"]*\)", "rows": [0-9]*, "bytes": \([0-9]*\),.*/\1 \2/p' \
    "$data/truth.json" >"$work/truth"
sed -n 's/.*"orphan_rows": \([0-9]*\).*/orphans \1/p' "$data/truth.json" >>"$work/truth"
# totals NAME RUNS [full]
totals() {
    echo "$1: values looked at, the interval covers the truth, the total is within 20 %, width"
    totals_runs=$2
    shift 2
    "$build/tests/bench_mysql_totals" "$work/db.sock" wpbloat "$work/password" \
        "$totals_runs" "$@" >"$work/totals"
    awk 'FNR == NR { truth[$1] = $2; next }
        { key = $2; n[key]++; looked[key] += $6
          if ($6 == 0) $4 = $5 = $3 # all looked at: exact
          error = $3 / truth[key] - 1
          near[key] += error < 0.2 && error > -0.2
          covered[key] += $4 <= truth[key] && truth[key] <= $5
          width[key] += ($5 - $4) / truth[key] }
        END { for (key in n)
            printf "  %-34s n %5d  covers %s  near %3d of %d  width %s\n", key,
                   looked[key] / n[key],
                   key == "orphans" ? "-" : covered[key] " of " n[key], near[key], n[key],
                   key == "orphans" ? "-" : sprintf("%.2f", width[key] / n[key]) }' \
        "$work/truth" "$work/totals" | sort
}
cold
totals "default ($seeds seeds)" "$seeds"
totals "1,000 values (10 seeds)" 10 full
sql 'SET GLOBAL innodb_prefix_index_cluster_optimization = OFF'
totals "default, by ranges of rows ($seeds seeds)" "$seeds"
sql 'SET GLOBAL innodb_prefix_index_cluster_optimization = ON'

# memory NAME [OPTION...]
memory() {
    memory_name=$1
    shift
    scan "$@" &
    memory_pid=$!
    memory_peak=0
    while is_running "$memory_pid"; do
        memory_now=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' \
            "/proc/$memory_pid/status" 2>/dev/null || true)
        case $(readlink "/proc/$memory_pid/exe" 2>/dev/null || true) in
        */wpbloat) [ "${memory_now:-0}" -le "$memory_peak" ] || memory_peak=$memory_now ;;
        esac
        sleep 0.02
    done
    wait "$memory_pid"
    [ "$memory_peak" -gt 0 ] || fail "the memory of wpbloat was not seen"
    echo "RssAnon $memory_name: $memory_peak kB (at most 8192)"
}
cold
memory "of a scan"
memory "with --deep" --deep

# A scan after the other while the writer writes.
scans() {
    child=
    trap 'kill "$child"; wait "$child"; exit 0' TERM
    while :; do
        scan &
        child=$!
        wait "$child"
    done
}
write_for() {
    "$build/tests/bench_mysql_writer" "$work/db.sock" "$1"
}
cold --innodb-flush-log-at-trx-commit=1
write_for 2 >/dev/null
echo "writer: median and p95 of a commit in us, alone and with scans running"
round=1
# Who comes first changes: a disk that rested is slower, or faster.
write_beside_scans() {
    scans &
    scans_pid=$!
    sleep 0.3
    beside=$(write_for 4)
    kill "$scans_pid"
    wait "$scans_pid" 2>/dev/null || true
}
while [ "$round" -le $((2 * rounds)) ]; do
    if [ $((round % 2)) -eq 0 ]; then
        write_beside_scans
        alone=$(write_for 4)
    else
        alone=$(write_for 4)
        write_beside_scans
    fi
    echo "$alone $beside"
    round=$((round + 1))
done | awk "$medians"'
{ middle[NR] = $4 / $1; high[NR] = $5 / $2
  printf "%8d %8d %8d %8d  %.2f %.2f\n", $1, $2, $4, $5, middle[NR], high[NR]; fflush() }
END { printf "median: %.2f, p95: %.2f (each at most 1.2)\n",
             median(middle, NR), median(high, NR) }'
