#!/usr/bin/env python3
"""Drives nothing-lost.sh: kills the agent ROUNDS times, then compares what its receiver
knows with what is true.

usage: drive.py WPBLOAT FAULTS WORK ROUNDS SEED
"""

import http.server
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

SITES = 4
# The final states have to arrive within so many seconds of calm; machines are slow.
PATIENCE = 120


class Receiver:
    """Answers at random, and remembers what it was sent and what it said to that."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.heard = []  # (time, alert, whether 200 was said whole)
        self.is_kind = False
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.answer(self, json.loads(body))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            # Counted on the thread that accepts, so that none is overlooked.
            def process_request(self, request, client_address):
                with receiver.lock:
                    receiver.open += 1
                super().process_request(request, client_address)

            def shutdown_request(self, request):
                super().shutdown_request(request)
                with receiver.lock:
                    receiver.open -= 1

        self.open = 0  # connections that are not at their end
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hear_out(self):
        """Waits until all that was sent by somebody who is dead has been heard."""
        # Connections are accepted in their order: this one after all of his.
        last = socket.create_connection(("127.0.0.1", self.port))
        last.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while last.recv(4096):
            pass
        last.close()
        while True:
            with self.lock:
                if self.open == 0:
                    return
            time.sleep(0.005)

    def answer(self, handler, alert):
        with self.lock:
            way = "200" if self.is_kind else self.random.choice(
                ["200"] * 5 + ["429", "500", "slow", "close", "heard-close"])
        if way in ("429", "500", "close"):
            if way == "close":
                handler.close_connection = True
                handler.connection.shutdown(socket.SHUT_RDWR)
                return
            handler.send_response(int(way))
            if way == "429":
                handler.send_header("Retry-After", "1")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        # Heard when it came, not when it was answered.
        with self.lock:
            self.heard.append([time.monotonic(), alert, False])
            entry = self.heard[-1]
        if way == "slow":
            time.sleep(self.random.random())
        if way == "heard-close":
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        # Whoever gets the answer was heard, also when nobody is there to get it.
        with self.lock:
            entry[2] = True
        try:
            handler.send_response(200)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            handler.wfile.flush()
        except OSError:
            with self.lock:
                entry[2] = False


class Agent:
    def __init__(self, wpbloat, faults, work, receiver):
        self.wpbloat, self.faults, self.work = wpbloat, faults, work
        self.receiver = receiver
        self.config = os.path.join(work, "wpbloat.conf")
        self.log = os.path.join(work, "agent.log")
        self.kills = []
        self.process = None
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"[agent]\nstate = {work}/state\nlisten = none\ninterval = 1s\n"
                       "sites = none\nfire_after = 1/1\nclear_after = 1/1\n"
                       "host_id = scenario\n")
            for site in range(SITES):
                file.write(f"[site s{site}]\nredis_prefix = wp:\nmemory_limit = 128M\n"
                           f"redis = unix://{work}/redis.sock?db={site}\n")
            file.write(f"[sink webhook]\nurl = http://127.0.0.1:{receiver.port}/hook\n"
                       "timeout = 2s\n")
        os.chmod(self.config, 0o600)

    def start(self, fault_seed):
        environment = dict(os.environ)
        # The sanitizer wants to be the first library; this one wraps what it wraps.
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0:detect_leaks=0"
        if fault_seed:
            environment.update(LD_PRELOAD=self.faults, WPB_FAULT_EVERY="40",
                               WPB_FAULT_FOLDER=os.path.join(self.work, "state"),
                               WPB_FAULT_SEED=str(fault_seed))
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.wpbloat, "agent", "--config", self.config], stdout=log,
                stderr=log, env=environment, stdin=subprocess.DEVNULL)

    def kill(self):
        if self.process.poll() is not None:
            sys.exit(f"the agent ended by itself with {self.process.returncode}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        # What was under way when it died was sent before its death, however late a busy
        # machine lets us read it.
        self.receiver.hear_out()
        self.kills.append(time.monotonic())

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit("the agent did not end in 60 s")


def redis(work, site, *words, stdin=None):
    subprocess.run(["redis-cli", "-s", f"{work}/redis.sock", "-n", str(site), *words],
                   input=stdin, stdout=subprocess.DEVNULL, check=True)


def notoptions(names):
    """A notoptions with so many names, as PHP serializes it."""
    parts = [f's:24:"kestrel_tariff_v2_{i:06x}";b:1;' for i in range(names)]
    return f"a:{names}:{{{''.join(parts)}}}".encode()


SICK = notoptions(30000)
WELL = notoptions(5)


def set_state(work, site, is_sick):
    redis(work, site, "-x", "SET", "wp:options:notoptions", stdin=SICK if is_sick else WELL)


def newest(receiver):
    """Of each site the alert with the highest seq that the receiver has heard."""
    states = {}
    with receiver.lock:
        for _, alert, _ in receiver.heard:
            if alert["code"] != "cache.notoptions_bloat":
                continue
            known = states.get(alert["site"])
            if not known or alert["seq"] >= known["seq"]:
                states[alert["site"]] = alert
    return states


def is_true(receiver, truth):
    """Does the receiver know the truth? Of what was always well it knows nothing, or that
    it is over."""
    states = newest(receiver)
    for site, is_sick in truth.items():
        known = states.get(f"s{site}")
        if is_sick and (not known or known["status"] != "firing"):
            return False
        if not is_sick and known and known["status"] != "resolved":
            return False
    return True


def check_order(receiver):
    """An older state never comes after a newer one of its fingerprint."""
    last = {}
    with receiver.lock:
        for _, alert, _ in receiver.heard:
            before = last.get(alert["fingerprint"])
            if before and alert["seq"] < before:
                sys.exit(f"out of order: seq {alert['seq']} of {alert['code']} after {before}")
            last[alert["fingerprint"]] = max(before or 0, alert["seq"])


def check_duplicates(receiver, kills, has_faults):
    """The same state twice only where its acknowledgement was lost: the receiver did not
    say it whole, or the agent was killed after it; a disk that fails loses it too."""
    seen, allowed = {}, 0
    with receiver.lock:
        for when, alert, is_whole in receiver.heard:
            before = seen.get(alert["id"])
            if before:
                allowed += 1
                was_killed = any(before[0] <= kill <= when for kill in kills)
                if before[1] and not was_killed and not has_faults(before[0], when):
                    sys.exit(f"{alert['id']} of {alert['code']} came twice for nothing")
            seen[alert["id"]] = (when, is_whole)
    return allowed


def main():
    wpbloat, faults, work, rounds, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    receiver = Receiver(int(seed) + 1)
    agent = Agent(wpbloat, faults, work, receiver)
    truth = {site: False for site in range(SITES)}
    faulty = []  # spans of time with a disk that fails
    for site in truth:
        set_state(work, site, False)
    for _ in range(int(rounds)):
        fault_seed = chance.randrange(1, 1 << 30) if chance.random() < 0.3 else 0
        begun = time.monotonic()
        agent.start(fault_seed)
        for _ in range(chance.randrange(3)):
            site = chance.randrange(SITES)
            truth[site] = not truth[site]
            set_state(work, site, truth[site])
            time.sleep(chance.random() * 0.6)
        time.sleep(chance.random() * 2.2)
        agent.kill()
        if fault_seed:
            faulty.append((begun, time.monotonic()))

    # Calm: what is true has to arrive.
    receiver.is_kind = True
    agent.start(0)
    deadline = time.monotonic() + PATIENCE
    while not is_true(receiver, truth):
        if agent.process.poll() is not None:
            sys.exit(f"the agent ended by itself with {agent.process.returncode}")
        if time.monotonic() > deadline:
            sys.exit(f"true is {truth}, but the receiver knows " +
                     str({s: (a["status"], a["seq"]) for s, a in newest(receiver).items()}))
        time.sleep(0.2)
    time.sleep(3)
    if not is_true(receiver, truth):
        sys.exit("what was true did not stay so")
    if agent.stop() != 0:
        sys.exit("the agent did not end in good order")
    check_order(receiver)
    again = check_duplicates(receiver, agent.kills, lambda a, b: any(
        begin <= b and a <= end for begin, end in faulty))
    with open(agent.log, encoding="utf-8", errors="replace") as log:
        damage = [line for line in log if "set aside" in line or "AddressSanitizer" in line]
    if damage:
        sys.exit("the history was damaged: " + damage[0])
    if not receiver.heard:
        sys.exit("nothing was ever delivered")
    print(f"{rounds} kills, {len(receiver.heard)} deliveries, of them {again} again; "
          f"{len(faulty)} rounds with a failing disk")


main()
