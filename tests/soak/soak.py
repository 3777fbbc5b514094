"""Runs the parts of the soak, shows how far they are, and prints the table. `tests/soak/run` starts it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLUGIN = "astrbot_plugin_openclaw"

#: What the last line says, in this order.
COUNTS = ("turns", "faults", "cancels", "floods", "busy", "opened", "hours", "restarts", "reloads")

EXAMPLES = """\
examples:
  tests/soak/run                             100,000 turns, a simulated day, 400 reloads: about six minutes
  tests/soak/run --ci                        a minute of it, as in tests/run
  tests/soak/run --seconds 600               ten minutes of it
  tests/soak/run --turns 5000 --reloads 50   less of it
  tests/soak/run --seed 7                    other chances; the table says which were used

Ctrl-C ends it with the table so far. Exit status 1 if a row is out of its bound."""


@dataclass
class Part:
    """One process that soaks."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


class Progress:
    """A bar on a terminal, plain lines elsewhere."""

    def __init__(self, out: Any) -> None:
        self._out, self._bar = out, out.isatty()
        self._told = -1

    def show(self, name: str, permille: int, seconds: float) -> None:
        line = f"{name:<8} {permille / 10:5.1f} %  {seconds:5.0f} s"
        if self._bar:
            done = permille * 30 // 1000
            print(f"\r\x1b[K{line}  [{'#' * done}{'.' * (30 - done)}]", end="", file=self._out, flush=True)
        elif permille // 250 != self._told:
            self._told = permille // 250
            print(line, file=self._out, flush=True)

    def over(self) -> None:
        """Nothing more comes of this part."""
        if self._bar:
            print("\r\x1b[K", end="", file=self._out, flush=True)
        self._told = -1


def run(part: Part, progress: Progress) -> bool:
    """Runs a part to its end; false if it was stopped by Ctrl-C. Its standard input ends when it has to stop."""
    started = time.monotonic()
    stopped = False
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            part.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **part.environment},
            start_new_session=True,  # Ctrl-C is for this process alone.
            text=True,
        ) as process,
    ):
        assert process.stdin is not None and process.stdout is not None
        while True:
            try:
                line = process.stdout.readline()
                if not line:
                    break
                told = json.loads(line)
                if "rows" in told:
                    part.counts, part.rows = told["counts"], told["rows"]
                else:
                    progress.show(part.name, told["permille"], time.monotonic() - started)
            except KeyboardInterrupt:
                stopped = True
                process.stdin.close()
        process.wait()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace")
    progress.over()
    part.seconds = time.monotonic() - started
    if process.returncode != 0 or not part.rows:
        last = "\n".join(said.splitlines()[-30:])
        print(f"FAILED {part.name} (exit status {process.returncode}):\n{last}", flush=True)
        part.rows.append({"what": "it ended", "value": "no", "bound": "with a table", "ok": False})
    return not stopped


def table(parts: list[Part]) -> str:
    """Markdown, as the page has it."""
    lines = ["| part | what | found | bound | |", "| --- | --- | --- | --- | --- |"]
    for part in parts:
        name = f"{part.name} ({part.seconds:.0f} s)"
        for row in part.rows:
            mark = "ok" if row["ok"] else "**FAILED**"
            lines.append(f"| {name} | {row['what']} | {row['value'].strip()} | {row['bound']} | {mark} |")
            name = ""
    return "\n".join(lines)


def machine() -> str:
    model = next(
        (
            line.split(": ", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests/soak/run",
        description="Asks the plugin until anything that leaks, hangs or gets out of order would show.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--turns", type=int, default=100_000, metavar="N", help="turns of the first part (100000)")
    parser.add_argument("--reloads", type=int, default=400, metavar="N", help="times that the Star is reloaded (400)")
    parser.add_argument("--seconds", type=int, default=0, metavar="N", help="end after about so many seconds")
    parser.add_argument("--ci", action="store_true", help="the same as --seconds 60")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where the chances come from (1)")
    parser.add_argument("--program", help=argparse.SUPPRESS)
    parser.add_argument("--zip", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # A background job of a shell starts with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seconds = 60 if options.ci else options.seconds
    shares = [str(seconds * share // 10) for share in (6, 2, 2)]
    seed = str(options.seed)

    with tempfile.TemporaryDirectory(prefix="soak-") as work:
        with zipfile.ZipFile(options.zip) as plugin:
            plugin.extractall(work)
        # Not the placeholder, which is for machines that none of them fits.
        for wheel in Path(work, PLUGIN, "wheels").rglob("*-abi3-*.whl"):
            with zipfile.ZipFile(wheel) as package:
                package.extractall(Path(work, "site"))
        parts = [
            Part("turns", [options.program, "turns", str(options.turns), shares[0], seed]),
            # It is over when the day is.
            Part("day", [options.program, "day", "86400", shares[1], seed]),
            Part(
                "reloads",
                [sys.executable, str(HERE / "reloads.py"), work, str(options.reloads), shares[2], seed],
                {"PYTHONPATH": str(Path(work, "site")), "PYTHONDONTWRITEBYTECODE": "1"},
            ),
        ]
        progress, done = Progress(sys.stderr if sys.stderr.isatty() else sys.stdout), []
        for part in parts:
            done.append(part)
            if not run(part, progress):
                print("stopped: the table is of what was done by then", flush=True)
                break
    print(f"\nRun on {date.today()} with --seed {seed} ({machine()}).\n\n{table(done)}\n")
    counts: dict[str, float] = {}
    for part in done:
        for what, count in part.counts.items():
            counts[what] = counts.get(what, 0) + count
    said = ", ".join(f"{counts[what]:,.0f} {what}" for what in COUNTS if what in counts)
    rows = [row for part in done for row in part.rows]
    failed = sum(not row["ok"] for row in rows)
    print(f"soak: {said}\n{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
