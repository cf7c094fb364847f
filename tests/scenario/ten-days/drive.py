#!/usr/bin/env python3
"""Drives ten-days.sh: lets a notoptions grow and be flushed while the agent's clock runs
14,400 times as fast, and reads what it said.

usage: drive.py WPBLOAT WORK
"""

import json
import os
import random
import subprocess
import sys
import time

RATE = 14400
DAY = 86400 / RATE  # in seconds of ours
START = 1795000000  # Unix time at which it begins
NAME = 24
PER_DAY = 0.55e6  # bytes; with 32 MiB the list fails at some 6 MB, about day ten
NOISE = 0.02e6
CYCLES = 3
FLUSH_AFTER = 10.0  # days


def notoptions(size):
    """A serialized list of about so many bytes."""
    names = max(1, int(size / (NAME + 12)))
    body = "".join(f's:{NAME}:"kestrel_tariff_v2_{i:06x}";b:1;' for i in range(names))
    return f"a:{names}:{{{body}}}".encode()


class Redis:
    """One connection, so that a write takes no process."""

    def __init__(self, path):
        import socket
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def set(self, key, value):
        head = f"*3\r\n$3\r\nSET\r\n${len(key)}\r\n{key}\r\n${len(value)}\r\n".encode()
        self.socket.sendall(head + value + b"\r\n")
        if not self.socket.recv(64).startswith(b"+OK"):
            sys.exit("redis refused the list")


def read_alerts(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [a for a in map(json.loads, file) if a["code"] == "cache.entry_growth"]


def seconds(text):
    """Unix time of an RFC 3339 time."""
    import calendar
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def days(moment):
    return (moment - START) / 86400


def main():
    wpbloat, work = sys.argv[1:]
    chance = random.Random(7)
    redis = Redis(f"{work}/redis.sock")
    redis.set("wp:options:notoptions", notoptions(0.3e6))
    environment = dict(os.environ, WPB_FAKE_TIME_MS=str(START * 1000),
                       WPB_FAKE_TIME_RATE=str(RATE),
                       WPB_FAKE_TIME_ORIGIN_MS=str(int(time.time() * 1000)))
    begun = time.time()
    with open(f"{work}/agent.log", "w", encoding="utf-8") as log:
        agent = subprocess.Popen([wpbloat, "agent", "--config", f"{work}/wpbloat.conf"],
                                 stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                 env=environment)
    flushes = []
    try:
        for cycle in range(CYCLES):
            from_day = (time.time() - begun) / DAY
            last = FLUSH_AFTER if cycle < CYCLES - 1 else 7.5
            while (age := (time.time() - begun) / DAY - from_day) < last:
                if agent.poll() is not None:
                    sys.exit(f"the agent ended by itself with {agent.returncode}")
                size = 0.3e6 + PER_DAY * age + chance.uniform(-NOISE, NOISE)
                redis.set("wp:options:notoptions", notoptions(size))
                time.sleep(0.1)
            if cycle < CYCLES - 1:
                flushes.append((time.time() - begun) / DAY)
                redis.set("wp:options:notoptions", notoptions(0.05e6))
    finally:
        agent.terminate()
        agent.wait(60)

    alerts = read_alerts(f"{work}/alerts.jsonl")
    for alert in alerts:
        forecast = alert.get("forecast") or {}
        print(f"day {days(seconds(alert['updated_at'])):5.1f} {alert['status']:8} "
              f"{alert['severity']:8} {alert['title']}")
        if alert["status"] == "firing":
            print(f"          {alert['summary']}")
            print(f"          {forecast}")
    print("flushed on days " + ", ".join(f"{day:.1f}" for day in flushes))
    check(alerts, flushes)


def check(alerts, flushes):
    prints = {a["fingerprint"] for a in alerts}
    assert len(prints) == 1, f"{len(prints)} alerts tell of one entry"
    starts = sorted({a["starts_at"] for a in alerts})
    assert len(starts) >= 2, "it fired in fewer than two of the rounds"
    first = [a for a in alerts if a["starts_at"] == starts[0]]
    begins = days(seconds(first[0]["starts_at"]))
    fails_at = first[0]["evidence"]["fails_at_bytes"]
    fails_on = (fails_at - 0.3e6) / PER_DAY
    print(f"fails at {fails_at} bytes, on day {fails_on:.1f}; told on day {begins:.1f}")
    assert begins <= fails_on - 3, "less than three days before"
    assert [a["status"] for a in first][-1] == "resolved", "the flush did not resolve it"
    ends = days(seconds(first[-1]["ends_at"]))
    assert flushes[0] <= ends <= flushes[0] + 1.5, f"resolved on day {ends:.1f}"
    # Once: a rise of severity is the same alert.
    assert sum(a["status"] == "resolved" for a in first) == 1
    # After the second flush there is a period to name.
    third = [a for a in alerts
             if days(seconds(a["updated_at"])) > flushes[1] and a["status"] == "firing"]
    assert third, "nothing was told in the third round"
    assert any("every ~10 days" in json.dumps(a) for a in third), "the period is not named"


main()
