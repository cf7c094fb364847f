#!/usr/bin/env python3
"""measure.py FOLDER - what a recording (record.py) says by plain division, one line an
interval between two samples and one for the whole; a second opinion on what wpbloat
says of the same load.

rate       answered requests a second, by the FPM access log
service    mean seconds in a worker; busy: how many workers at once; c/S: what eight would do
cpu        processor seconds of the whole host a request
queries    statements a request, our own taken away
waits      row lock waits a request; wait: seconds of it a request
hold       waits/rate: if arrivals are Poisson, a request finds the lock taken with
           probability rate x hold
cache      Redis commands a request, and KB sent
"""
import os
import re
import sys

WORKERS = 8
OUR_STATEMENTS = 2 * 4


def blocks(folder, source):
    """[(unix seconds, text)]"""
    with open(os.path.join(folder, source), encoding="utf-8") as file:
        parts = re.split(r"^@(\d+)\n", file.read(), flags=re.M)[1:]
    return [(int(at) / 1000, text) for at, text in zip(parts[::2], parts[1::2])]


def requests(folder):
    """[(end, seconds in the worker)]"""
    with open(os.path.join(folder, "fpm-access.log"), encoding="utf-8") as file:
        fields = [line.split() for line in file]
    return [(int(f[0]), int(f[5]) / 1e6) for f in fields]


def counters(folder):
    """[(unix seconds, {name: value})] of every source, sample by sample."""
    result = []
    sources = [blocks(folder, s) for s in ("mysql.status", "redis.info", "proc.stat")]
    for (at, mysql), (_, redis), (_, stat) in zip(*sources):
        values = dict(line.split("\t") for line in mysql.splitlines())
        values = {name: float(value) for name, value in values.items()}
        for name in ("total_commands_processed", "total_net_output_bytes"):
            values[name] = float(re.search(rf"^{name}:(\d+)", redis, re.M)[1])
        cpu = [float(x) for x in stat.splitlines()[0].split()[1:9]]
        values["cpu"] = (sum(cpu) - cpu[3] - cpu[4]) / os.sysconf("SC_CLK_TCK")
        result.append((at, values))
    return result


def line(begin, end, first, last, served):
    seconds, count = end - begin, len(served)
    samples = max(1, round(seconds / 5))
    if count == 0:
        return
    delta = {name: last[name] - first[name] for name in first}
    service = sum(s for _, s in served) / count
    waits = delta["Innodb_row_lock_waits"] / count
    rate = count / seconds
    print(f"{seconds:7.1f} s n={count:5d} rate={rate:6.2f} service={service:6.3f} "
          f"busy={rate * service:5.2f} c/S={WORKERS / service:6.1f} "
          f"cpu={delta['cpu'] / count:6.3f} "
          f"queries={(delta['Questions'] - samples * OUR_STATEMENTS) / count:6.1f} "
          f"waits={waits:5.2f} wait={delta['Innodb_row_lock_time'] / 1000 / count:6.3f} "
          f"hold={waits / rate:6.3f} "
          f"rnd_next={delta['Handler_read_rnd_next'] / count:8.0f} "
          f"key={delta['Handler_read_key'] / count:6.0f} "
          f"cache={delta['total_commands_processed'] / count:5.1f} "
          f"out={delta['total_net_output_bytes'] / count / 1000:6.1f}")


def main(folder):
    log, samples = requests(folder), counters(folder)
    pairs = list(zip(samples[::2], samples[2::2]))
    for (begin, first), (end, last) in pairs + [(samples[0], samples[-1])]:
        # A line's time is a whole second: when the request ended.
        line(begin, end, first, last, [r for r in log if begin - 0.5 <= r[0] < end - 0.5])


main(sys.argv[1])
