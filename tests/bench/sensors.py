#!/usr/bin/env python3
"""sensors.py STACK WPBLOAT ROUNDS SECONDS [PLUGIN...] - the figures of sensors.sh."""
import http.client
import os
import random
import socket
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")
STACKS = (("plain", "plain"), ("plain again", "plain"), ("recommended", "recommended"),
          ("watched", "watched"))
PAGES = ["/"] * 2 + [f"/product/oilskin-{n}/" for n in (3, 7, 11, 13, 17, 19)] + ["/cart/"] * 2


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("shop.example.test", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def busy(pid):
    """Processor time of a process in seconds; of its ended threads too."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as text:
        return [int(child) for child in text.read().split()]


class Stack:
    def __init__(self, script, mode, wpbloat, plugins):
        self.agent = None
        self.process = subprocess.Popen(["sh", script, mode, wpbloat, *plugins],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def await_ready(self):
        for line in self.process.stdout:
            key, _, value = line.strip().partition(" ")
            if key == "folder":
                self.folder = value
            elif key == "servers":
                self.servers = [int(pid) for pid in value.split()]
            elif key == "agent":
                self.agent = int(value)
            elif key == "ready":
                self.connection = Connection(self.folder + "/http.sock")
                return
        sys.exit("a shop did not start: see above")

    def questions(self):
        """Statements that its database has been sent."""
        told = subprocess.run(["mariadb", "--no-defaults", "-uroot", "-BNe",
                               "SHOW GLOBAL STATUS LIKE 'Questions'",
                               "--socket=" + self.folder + "/mariadb.sock"],
                              stdout=subprocess.PIPE, text=True, check=True)
        return int(told.stdout.split()[1])

    def servers_busy(self):
        return sum(busy(pid) for parent in self.servers for pid in [parent, *children(parent)])

    def ask(self, page):
        """Seconds until the whole page was there."""
        begun = time.perf_counter()
        self.connection.request("GET", page)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{page}: {answer.status}")
        return time.perf_counter() - begun

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def quiet(agent):
    """Until the agent's first look, which reads everything, is over."""
    still = 0
    before = busy(agent)
    while still < 5:
        time.sleep(1)
        now = busy(agent)
        still = still + 1 if now - before < 2 / TICK else 0
        before = now


def one_round(script, wpbloat, seconds, plugins):
    """Of each stack: median time of a page, processor time per page; then of the agent;
    pages a second, and statements a page."""
    stacks = []
    for _, mode in STACKS:
        stacks.append(Stack(script, mode, wpbloat, plugins))
        stacks[-1].await_ready()
    agent = stacks[-1].agent
    quiet(agent)
    for _ in range(50):
        for stack in stacks:
            stack.ask(random.choice(PAGES))
    asked = stacks[0].questions()
    times = [[] for _ in stacks]
    before = [stack.servers_busy() for stack in stacks]
    agent_before, begun = busy(agent), time.monotonic()
    while time.monotonic() - begun < seconds:
        page = random.choice(PAGES)
        for at in random.sample(range(len(stacks)), len(stacks)):
            times[at].append(stacks[at].ask(page))
    elapsed = time.monotonic() - begun
    pages = len(times[0])
    rows = [(median(times[at]), (stack.servers_busy() - before[at]) / pages)
            for at, stack in enumerate(stacks)]
    agent_busy = (busy(agent) - agent_before) / elapsed
    asked = (stacks[0].questions() - asked) / pages
    with open(f"/proc/{agent}/status") as status:
        anon = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    for stack in stacks:
        stack.end()
    return rows, agent_busy, anon, pages / elapsed, asked


def interval(values):
    """95 % of the mean of rounds, by bootstrap."""
    draws = sorted(sum(random.choices(values, k=len(values))) / len(values)
                   for _ in range(10000))
    return draws[249], draws[9749]


def main():
    script, wpbloat, rounds, seconds, *plugins = sys.argv[1:]
    random.seed(1)
    seen = []
    print(f"{rounds} rounds of {seconds} s; plugins: {' '.join(plugins) or 'none'}")
    print("round  pages/s  statements a page  median ms: " + "  ".join(name for name, _ in STACKS) +
          "  processor ms a page: the same")
    for number in range(1, int(rounds) + 1):
        rows, agent_busy, anon, rate, asked = one_round(script, wpbloat, float(seconds), plugins)
        seen.append((rows, agent_busy, anon))
        print(f"{number:5d}  {rate:7.1f}  {asked:17.0f} " + "".join(f" {1e3 * t:8.2f}" for t, _ in rows) +
              " |" + "".join(f" {1e3 * c:8.2f}" for _, c in rows), flush=True)
    worst = 0
    for at, (name, _) in enumerate(STACKS[1:], 1):
        for what, column in (("median time", 0), ("processor time", 1)):
            ratios = [rows[at][column] / rows[0][column] for rows, _, _ in seen]
            low, high = interval(ratios)
            mean = sum(ratios) / len(ratios)
            print(f"{name:12s} {what:15s} {mean:.3f} of plain, 95 %: {low:.3f} to {high:.3f}")
            if name == "watched":
                worst = max(worst, mean)
    share = sum(agent_busy for _, agent_busy, _ in seen) / len(seen)
    print(f"agent: {100 * share:.3f} % of a processor (wanted: at most 0.1), "
          f"RssAnon {max(anon for _, _, anon in seen)} kB")
    print(f"watched, the worse of the two: {worst:.3f} (wanted: at most 1.02)")


main()
