"""Measures what a turn costs, beside its peers, in one run against one gateway on the loopback: `tests/benches/run`
builds what this needs and starts it.

    measure.py --bench PROGRAM --dist DIR [--check] [--out DIR]

PROGRAM is the bench `turn`, DIR has the wheel and the zip. Every client is a process of its own that is told what to
do (`clients.py`, `turn/worker.rs`) and watched through `/proc`. The clients take turns in every round, so that
what else the machine does hits all of them. Printed is the table; with --out also results.json and results.svg are
written and, into this folder, every page with figures (`report.py`). --check goes through all of it in a second and shows
only that it works. No time is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import report

HERE = Path(__file__).resolve().parent
PYTHON = ("astr_openclaw", "aiohttp", "httpx", "openai", "socket")
RUST = ("component", "native")

#: What is asked for: deltas, bytes of each, microseconds between two. The deltas of `single` come one by one: each is a
#: wake-up of its own. The first one of `opening` has to be shown at once, whatever follows later.
WORKS = {
    "short": "bench 1 5 0",
    "stream": "bench 200 5 0",
    "burst": "bench 5000 5 0",
    "single": f"bench {report.SINGLE} 5 1000",
    "opening": "bench 3 5 2000",
}
PYTHON_WORKS, RUST_WORKS = ("short", "stream", "opening", "single"), ("short", "stream", "burst", "single")

#: Bytes: the default limit of an answer, and the highest that can be set. The whole stream counts, in which the text
#: stands three times.
LIMIT, HIGHEST_LIMIT = 8 << 20, 16 << 20


@dataclass
class Plan:
    """How much is done."""

    works: dict[str, str] = field(default_factory=lambda: WORKS)
    largest: str = "bench 1300 4096 0"  #: Fills the highest limit but for half a megabyte.
    rounds: int = 9
    seconds: float = 0.15  #: For each client and work in a round.
    fresh: int = 5  #: New processes of each client.
    long_run: int = 1_000  #: Turns after which a process must not have grown.
    settle: float = 6.0  #: Seconds after which the connection that is kept for the next turn is closed.
    idle: float = 10.0
    callers: tuple[int, ...] = (1, 10, 65)  #: One has its turn, and no more than 64 may wait.
    deltas: tuple[int, ...] = (100, 1_000, 10_000, 100_000)  #: More do not fit into the highest limit.
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)


#: Each thing once, and small.
CHECK = Plan(
    works=dict.fromkeys(WORKS, "bench 3 5 100"),
    largest="bench 20 4096 0",
    rounds=1,
    seconds=0.0,
    fresh=1,
    long_run=2,
    settle=0.0,
    idle=0.05,
    callers=(1, 3),
    deltas=(10, 20),
    sizes=(1_000, 2_000),
)


@dataclass
class Worker:
    """A client's process."""

    command: list[str]
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, **order: Any) -> dict[str, list[float]]:
        """Has it do something, and waits."""
        self.send(**order)
        return self.answer()

    def send(self, **order: Any) -> None:
        """Has it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, list[float]]:
        """What it says of what it has done."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"measure.py: {' '.join(self.command[-2:])} ended with status {self.process.wait()}")
        return dict(json.loads(line))

    def cpu(self) -> float:
        """Seconds of processor time of all its threads, those that have ended too."""
        # As clock_getcpuclockid(3) makes it of the process's number.
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def wakeups(self) -> int:
        """How often a thread of it has waited and gone on."""
        return sum(
            number("voluntary_ctxt_switches", Path(task, "status"))
            for task in Path(f"/proc/{self.process.pid}/task").iterdir()
        )

    def memory(self, name: str) -> int:
        """Bytes: `VmRSS` (now) or `VmHWM` (the most so far)."""
        return 1024 * number(name, Path(f"/proc/{self.process.pid}/status"))


def number(name: str, file: Path) -> int:
    """A number of a file like `/proc/self/status`."""
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(f"{name}:"))


class Bench:
    """The gateway, and how a client is started."""

    def __init__(self, program: Path, plan: Plan) -> None:
        self.program, self.plan = os.fspath(program), plan
        self.gateway = subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.gateway.stdout is not None
        self.url = self.gateway.stdout.readline().strip()
        #: (work, client, what) to what was measured.
        self.found: dict[tuple[str, str, str], list[float]] = defaultdict(list)

    @contextmanager
    def worker(self, client: str) -> Iterator[Worker]:
        """A new process that has not loaded its client yet."""
        if client in RUST:
            command = [self.program, "work", client, self.url]
        else:
            command = [sys.executable, os.fspath(HERE / "clients.py"), client, self.url]
        worker = Worker(command)
        try:
            yield worker
        finally:
            assert worker.process.stdin is not None
            worker.process.stdin.close()
            worker.process.wait()

    def add(self, work: str, client: str, **values: float) -> None:
        """Keeps what was measured."""
        for what, value in values.items():
            self.found[work, client, what].append(value)

    def fresh(self, client: str, worker: Worker) -> None:
        """What a new process needs to load and to do its first turns."""
        worker.order(idle=0.0)  # Until the interpreter is up.
        before = worker.memory("VmRSS")
        loaded = worker.order(limit=LIMIT)
        worker.order(input=self.plan.works["stream"], turns=1, callers=1)
        first = worker.memory("VmRSS")
        self.add(
            "fresh", client, load=loaded["seconds"][0], imports=loaded.get("import", [0.0])[0], memory=first - before
        )
        if client == "astr_openclaw":
            worker.order(input=self.plan.works["stream"], turns=self.plan.long_run, callers=1)
            self.add("fresh", client, growth=worker.memory("VmRSS") - first)

    def idle(self, client: str, worker: Worker) -> None:
        """How often a process that has nothing to do wakes up."""
        worker.order(input=self.plan.works["stream"], turns=1, callers=1)
        worker.send(idle=self.plan.settle + self.plan.idle + 0.5)
        time.sleep(self.plan.settle)
        before = worker.wakeups()
        time.sleep(self.plan.idle)
        self.add("idle", client, wakeups=worker.wakeups() - before)
        worker.answer()

    def peak(self, client: str, worker: Worker) -> None:
        """The most memory of a process that reads the largest answer that can be allowed."""
        worker.order(input=self.plan.largest, turns=1, callers=1)
        self.add("peak", client, memory=worker.memory("VmHWM"))

    def rounds(self, workers: dict[str, Worker]) -> None:
        """All works of all clients, again and again, each client in one process."""
        jobs = [(work, client) for work in PYTHON_WORKS for client in PYTHON]
        jobs += [(work, client) for work in RUST_WORKS for client in RUST]
        turns = {}
        for work, client in jobs:
            order = {"input": self.plan.works[work], "turns": min(3, self.plan.rounds), "callers": 1}
            once = workers[client].order(**order)["seconds"]
            turns[work, client] = max(1, min(300, int(self.plan.seconds / min(once))))
        for _ in range(self.plan.rounds):
            for work, client in jobs:
                self.job(workers[client], work, client, turns[work, client])

    def job(self, worker: Worker, work: str, client: str, turns: int) -> None:
        """So many turns, one after the other."""
        cpu, wakeups = worker.cpu(), worker.wakeups()
        done = worker.order(input=self.plan.works[work], turns=turns, callers=1)
        self.found[work, client, "seconds"] += done["seconds"]
        self.found[work, client, "first"] += done["first"]
        self.add(work, client, cpu=(worker.cpu() - cpu) / turns, wakeups=(worker.wakeups() - wakeups) / turns)

    def growth(self, workers: dict[str, Worker]) -> dict[str, dict[str, list[list[float]]]]:
        """How the cost grows: name to client to pairs of the size and the seconds."""
        series: dict[str, list[tuple[int, str, int]]] = {
            "callers": [(n, WORKS["short"], n) for n in self.plan.callers],
            "deltas": [(n, f"bench {n} 5 0", 1) for n in self.plan.deltas],
            "bytes": [(n, f"bench {n // 1000} 1000 0", 1) for n in self.plan.sizes],
        }
        grown: dict[str, dict[str, list[list[float]]]] = {}
        for worker in workers.values():
            worker.order(input=WORKS["short"], turns=min(20, self.plan.rounds), callers=1)
        for name, points in series.items():
            grown[name] = {client: [] for client in workers}
            for size, work, callers in points:
                seconds = defaultdict(list)
                for _ in range(min(self.plan.rounds, 3 if size >= 100_000 else 9)):
                    for client, worker in workers.items():
                        seconds[client] += worker.order(input=work, turns=1, callers=callers)["seconds"]
                for client, found in seconds.items():
                    grown[name][client].append([size, median(found)])
        return grown

    @contextmanager
    def loaded(self, *clients: str, limit: int = LIMIT) -> Iterator[dict[str, Worker]]:
        """New processes that have loaded their clients."""
        with ExitStack() as stack:
            workers = {client: stack.enter_context(self.worker(client)) for client in clients}
            for worker in workers.values():
                worker.order(limit=limit)
            yield workers

    def run(self) -> dict[str, Any]:
        """Everything. What it returns is results.json, without what `main` adds."""
        # Compiles the component, if its machine code is not in the cache.
        with self.loaded("component"):
            pass
        for _ in range(self.plan.fresh):
            for client in PYTHON + RUST:
                with self.worker(client) as worker:
                    self.fresh(client, worker)
        with self.loaded("component", limit=HIGHEST_LIMIT) as workers:
            self.peak("component", workers["component"])
        with self.loaded("astr_openclaw") as workers:
            self.idle("astr_openclaw", workers["astr_openclaw"])
        with self.loaded(*PYTHON, *RUST) as workers:
            self.rounds(workers)
        with self.loaded(*RUST, limit=HIGHEST_LIMIT) as workers:
            grown = self.growth(workers)
        return self.results(grown)

    def check(self) -> dict[str, Any]:
        """As `run`, with one process for each client, all of which start at once."""
        with ExitStack() as stack:
            workers = {client: stack.enter_context(self.worker(client)) for client in PYTHON + RUST}
            with ThreadPoolExecutor() as pool:
                list(pool.map(self.fresh, workers, workers.values()))
            self.peak("component", workers["component"])
            self.idle("astr_openclaw", workers["astr_openclaw"])
            self.rounds(workers)
            return self.results(self.growth({client: workers[client] for client in RUST}))

    def results(self, grown: dict[str, dict[str, list[list[float]]]]) -> dict[str, Any]:
        """The medians of what was found."""
        found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
        for (work, client, what), values in self.found.items():
            found[work][client][what] = median(values)
        return {"found": found, "growth": grown}

    def close(self) -> None:
        """Ends the gateway."""
        assert self.gateway.stdin is not None
        self.gateway.stdin.close()
        self.gateway.wait()


def machine() -> str:
    """What this ran on."""
    cpu = next(
        (
            line.split(": ")[1]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = len(os.sched_getaffinity(0))
    return f"{cpu}, {cores} cores, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"


def sizes(dist: Path) -> dict[str, int]:
    """Bytes of what users download."""
    (wheel,) = dist.glob("astr_openclaw-*.whl")
    component = HERE.parents[1] / "host-shim/python/python/astr_openclaw/component/openclaw_plugin.wasm"
    files = {"wheel": wheel, "zip": dist / "astrbot_plugin_openclaw.zip", "component": component}
    return {name: file.stat().st_size for name, file in files.items()}


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--dist", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="show only that everything works")
    parser.add_argument("--out", type=Path, help="where the files go; default: nowhere")
    options = parser.parse_args()
    started = time.perf_counter()
    bench = Bench(options.bench, CHECK if options.check else Plan())
    try:
        measured = bench.check() if options.check else bench.run()
        results = {"date": date.today().isoformat(), "machine": machine(), **measured}
    finally:
        bench.close()
    results["sizes"] = sizes(options.dist)
    if build := report.first_build():
        results["build"] = build
    table, _ = report.text(results), report.svg(results)
    if options.check:
        seconds = time.perf_counter() - started
        print(
            f"All clients and works, the table and the chart, once and small, in {seconds:.1f} s: nothing is measured."
        )
        return
    print(table)
    if options.out:
        report.write(results, options.out)


if __name__ == "__main__":
    main()
