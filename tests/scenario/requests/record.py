#!/usr/bin/env python3
"""record.py WORK FOLDER - every 5 s, what a sensor could ask the servers of the lab in
WORK (lab.sh), word for word, until it is ended.

A file of FOLDER a source. Each answer begins with a line "@UNIX_MILLISECONDS":

  mysql.status     SHOW GLOBAL STATUS, the variables below: "name<TAB>value"
  mysql.digests    events_statements_summary_by_digest of the shop's schema: digest, count,
                   timer wait (ps), lock time (ps), rows examined, rows sent, rows affected,
                   first seen, last seen, text
  mysql.trx        innodb_trx: id, state, seconds, rows locked, query
  mysql.locks      innodb_lock_waits with both locks: waiting transaction, blocking one, table, index
  redis.info       INFO stats, commandstats, memory, keyspace
  fpm.queue        ss -xl, of the pool's listener: Recv-Q is the queue
  proc.stat        /proc/stat, the cpu lines; proc.pressure.cpu /proc/pressure/cpu

Our own statements are counted by the server with the site's: five each time, and
one connection in all.
"""
import os
import signal
import subprocess
import sys
import time

INTERVAL_SECONDS = 5
STATUS = ("Questions Queries Com_select Com_update Com_insert Com_commit Connections "
          "Threads_running Threads_connected Slow_queries Select_scan Select_full_join "
          "Created_tmp_disk_tables Created_tmp_tables Bytes_sent Bytes_received "
          "Handler_read_key Handler_read_next Handler_read_rnd Handler_read_rnd_next "
          "Handler_read_first Handler_write Handler_update Innodb_rows_read "
          "Innodb_buffer_pool_reads Innodb_buffer_pool_read_requests "
          "Innodb_row_lock_time Innodb_row_lock_waits Innodb_row_lock_current_waits "
          "Uptime").split()
SQL = {
    "mysql.status": "SHOW GLOBAL STATUS WHERE Variable_name IN (%s)"
                    % ",".join(f"'{name}'" for name in STATUS),
    "mysql.digests": "SELECT DIGEST, COUNT_STAR, SUM_TIMER_WAIT, SUM_LOCK_TIME, "
                     "SUM_ROWS_EXAMINED, SUM_ROWS_SENT, SUM_ROWS_AFFECTED, FIRST_SEEN, "
                     "LAST_SEEN, LEFT(DIGEST_TEXT, 200) FROM "
                     "performance_schema.events_statements_summary_by_digest "
                     "WHERE SCHEMA_NAME = 'shop' ORDER BY COUNT_STAR DESC LIMIT 100",
    "mysql.trx": "SELECT trx_id, trx_state, TIMESTAMPDIFF(MICROSECOND, trx_started, NOW(6)) / 1e6, "
                 "trx_rows_locked, LEFT(trx_query, 120) FROM information_schema.innodb_trx",
    "mysql.locks": "SELECT w.requesting_trx_id, w.blocking_trx_id, l.lock_table, l.lock_index "
                   "FROM information_schema.innodb_lock_waits w "
                   "JOIN information_schema.innodb_locks l ON l.lock_id = w.requested_lock_id",
}


class Recorder:
    def __init__(self, work, folder):
        self.work = work
        self.files = {}
        self.folder = folder
        self.mariadb = subprocess.Popen(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
             "-uroot", f"--socket={work}/mariadb.sock", "shop"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sql(self, statement):
        self.mariadb.stdin.write(statement + ";\nSELECT '-- end';\n")
        self.mariadb.stdin.flush()
        lines = []
        for line in self.mariadb.stdout:
            if line == "-- end\n":
                return "".join(lines)
            lines.append(line)
        raise SystemExit("the database client ended")

    def output(self, *command):
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout

    def write(self, source, text):
        if source not in self.files:
            self.files[source] = open(os.path.join(self.folder, source), "w", encoding="utf-8")
        self.files[source].write(f"@{int(time.time() * 1000)}\n{text}")
        self.files[source].flush()

    def sample(self):
        for source, statement in SQL.items():
            self.write(source, self.sql(statement))
        redis = ["redis-cli", "-s", f"{self.work}/redis.sock"]
        self.write("redis.info", self.output(*redis, "INFO", "stats", "commandstats",
                                             "memory", "keyspace").replace("\r", ""))
        self.write("fpm.queue", "".join(
            line + "\n" for line in self.output("ss", "-xlH").splitlines()
            if f"{self.work}/php.sock" in line))
        with open("/proc/stat", encoding="ascii") as file:
            self.write("proc.stat", "".join(l for l in file if l.startswith("cpu")))
        try:
            with open("/proc/pressure/cpu", encoding="ascii") as file:
                self.write("proc.pressure.cpu", file.read())
        except OSError:
            pass

    def run(self):
        due = time.monotonic()
        while True:
            self.sample()
            due += INTERVAL_SECONDS
            time.sleep(max(0, due - time.monotonic()))


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
Recorder(sys.argv[1], sys.argv[2]).run()
