#!/usr/bin/env python3
"""drive.py --socket PATH --host NAME (--steps RATE:SECONDS,... | --closed N:SECONDS)
            [--warm SECONDS] [--seed N] [--in-flight N] [--timeout S] WEIGHT:PATH...

Load for the lab. With --steps an open model: Poisson arrivals from SEED, each sent at
its time whatever became of those before it, and latency counted from that time; an
arrival that would make more than --in-flight is dropped and counted. With --closed so
many visitors who ask again as soon as they were answered. {A-B} in a path stands for a
number between them.

One JSON line a step: offered and achieved per second (answers that came while the step
lasted, without its first --warm seconds), what was dropped or failed, p50, p95 and p99
of what was scheduled in it, in seconds, and by how much we were late ourselves.
"""
import argparse
import asyncio
import json
import random
import re
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--steps", default="")
    parser.add_argument("--closed", default="")
    parser.add_argument("--warm", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("targets", nargs="+")
    return parser.parse_args()


class Target:
    """Paths by weight."""

    def __init__(self, specs, rng):
        self.weights = [float(s.split(":", 1)[0]) for s in specs]
        self.paths = [s.split(":", 1)[1] for s in specs]
        self.rng = rng

    def path(self):
        chosen = self.rng.choices(self.paths, self.weights)[0]
        return re.sub(r"\{(\d+)-(\d+)\}",
                      lambda m: str(self.rng.randint(int(m[1]), int(m[2]))), chosen)


class Step:
    def __init__(self, number, rate, begin, end, warm):
        self.number, self.rate, self.begin, self.end = number, rate, begin, end
        self.counted_from = begin + min(warm, (end - begin) / 2)
        self.sent = self.dropped = self.failed = self.answered_in_step = 0
        self.latencies, self.lags = [], []

    def line(self):
        def quantile(values, q):
            values = sorted(values)
            return round(values[min(len(values) - 1, int(q * len(values)))], 4) if values else None

        seconds = self.end - self.counted_from
        return json.dumps({
            "step": self.number, "offered_per_second": self.rate,
            "achieved_per_second": round(self.answered_in_step / seconds, 3),
            "seconds": round(self.end - self.begin, 1), "sent": self.sent,
            "dropped": self.dropped, "failed": self.failed,
            "answered": len(self.latencies),
            "p50_seconds": quantile(self.latencies, 0.50),
            "p95_seconds": quantile(self.latencies, 0.95),
            "p99_seconds": quantile(self.latencies, 0.99),
            "late_p99_seconds": quantile(self.lags, 0.99)})


class Load:
    def __init__(self, options):
        self.options = options
        self.rng = random.Random(options.seed)
        self.target = Target(options.targets, self.rng)
        self.in_flight = 0
        self.steps = []

    async def ask(self, path):
        """The status of one GET on a connection of its own."""
        reader, writer = await asyncio.open_unix_connection(self.options.socket)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.options.host}\r\n"
                         "User-Agent: wpbloat-lab\r\nConnection: close\r\n\r\n".encode())
            head = await reader.readline()
            while await reader.read(65536):
                pass
            return int(head.split()[1])
        finally:
            writer.close()

    async def one(self, step, scheduled, path):
        try:
            status = await asyncio.wait_for(self.ask(path), self.options.timeout)
        except (OSError, asyncio.TimeoutError, ValueError, IndexError):
            status = 0
        finally:
            self.in_flight -= 1
        now = time.monotonic()
        if status != 200:
            step.failed += 1
        step.latencies.append(now - scheduled)
        for other in self.steps:
            if other.counted_from <= now < other.end:
                other.answered_in_step += 1

    async def open_model(self):
        begin, tasks = time.monotonic(), set()
        for number, spec in enumerate(self.options.steps.split(",")):
            rate, seconds = (float(x) for x in spec.split(":"))
            self.steps.append(Step(number, rate, begin, begin + seconds, self.options.warm))
            begin += seconds
        for step in self.steps:
            at = step.begin + self.rng.expovariate(step.rate)
            while at < step.end:
                path = self.target.path()
                await asyncio.sleep(max(0, at - time.monotonic()))
                step.lags.append(max(0, time.monotonic() - at))
                if self.in_flight >= self.options.in_flight:
                    step.dropped += 1
                else:
                    self.in_flight += 1
                    step.sent += 1
                    task = asyncio.create_task(self.one(step, at, path))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                at += self.rng.expovariate(step.rate)
        await asyncio.sleep(max(0, self.steps[-1].end - time.monotonic()))
        if tasks:
            await asyncio.wait(tasks)

    async def closed_model(self):
        clients, seconds = self.options.closed.split(":")
        now = time.monotonic()
        step = Step(0, None, now, now + float(seconds), self.options.warm)
        self.steps.append(step)

        async def visitor():
            while time.monotonic() < step.end:
                self.in_flight += 1
                step.sent += 1
                await self.one(step, time.monotonic(), self.target.path())

        await asyncio.gather(*(visitor() for _ in range(int(clients))))

    def run(self):
        asyncio.run(self.closed_model() if self.options.closed else self.open_model())
        for step in self.steps:
            print(step.line(), flush=True)


Load(arguments()).run()
