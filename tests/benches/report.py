#!/usr/bin/env python3
"""Makes pages of what `measure.py` has found: the table as text and Markdown, and the chart.

report.py                          writes the figures in the READMEs and results.svg again, from results.json
report.py --check                  fails if they are not what results.json says
report.py --first-build SECONDS    keeps what the first build took, and writes them
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OPEN, CLOSE = "<!-- measured -->", "<!-- /measured -->"

#: Names of the clients in the pages.
NAMES = {
    "component": "this",
    "native": "hyper",
    "astr_openclaw": "this",
    "openai": "openai SDK",
    "socket": "bare socket",
}

Found = Callable[[str, str, str], float]


@dataclass(frozen=True)
class Row:
    """A row of the table: ours, a peer's (or none), and the goal, a ratio of the two or in the unit."""

    title: str
    unit: str
    goal: float
    ours: Callable[[Found], float]
    peer: Callable[[Found], float] | None = None
    against: str = ""


def _pair(title: str, unit: str, goal: float, work: str, what: str, scale: float, clients: tuple[str, str]) -> Row:
    ours, peer = clients
    return Row(
        title,
        unit,
        goal,
        lambda f: scale * f(work, ours, what),
        lambda f: scale * f(work, peer, what),
        NAMES.get(peer, peer),
    )


_MIB = 1 << 20
_PY, _RS = ("astr_openclaw", "aiohttp"), ("component", "native")

#: Deltas of the work `single`.
SINGLE = 300

#: Goals with a peer are ratios, those without are in the unit.
ROWS = (
    _pair("200 deltas from Python", "ms", 0.4, "stream", "seconds", 1e3, _PY),
    _pair("… CPU time", "ms", 0.6, "stream", "cpu", 1e3, _PY),
    _pair("first delta from Python", "ms", 1.0, "opening", "first", 1e3, _PY),
    _pair("a short turn from Rust, guards included", "ms", 1.5, "short", "seconds", 1e3, _RS),
    _pair("200 deltas from Rust", "ms", 1.5, "stream", "seconds", 1e3, _RS),
    _pair("5,000 deltas in one burst", "ms", 1.5, "burst", "seconds", 1e3, _RS),
)
ABSOLUTE = (
    _pair("a delta that arrives alone, CPU", "µs", 4, "single", "cpu", 1e6 / SINGLE, _RS),
    _pair("memory Python gains by import, load and a turn", "MiB", 7, "fresh", "memory", 1 / _MIB, _PY),
    # Pages of the allocator come and go.
    Row("… and by 1,000 turns more", "MiB", 0.05, lambda f: f("fresh", "astr_openclaw", "growth") / _MIB),
    Row("peak while an answer of 16 MiB is read", "MiB", 64, lambda f: f("peak", "component", "memory") / _MIB),
    Row("load to ready, from Rust", "ms", 3, lambda f: 1e3 * f("fresh", "component", "load")),
    Row("load to ready, from Python", "ms", 3, lambda f: 1e3 * f("fresh", "astr_openclaw", "load")),
    _pair("import in Python", "ms", math.inf, "fresh", "imports", 1e3, _PY),
    Row("wake-ups in 10 idle seconds", "", 0, lambda f: f("idle", "astr_openclaw", "wakeups")),
)
SIZES = {
    "wheel": ("the wheel", 5_000_000),
    "zip": ("the plugin's zip", 5_200_000),
    "component": ("the component", 240_000),
}


def rows(results: dict[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """What is measured, ours, the peer's, the ratio, the goal, and whether it is met."""

    def found(work: str, client: str, what: str) -> float:
        return float(results["found"][work][client][what])

    table = []
    for row in ROWS:
        assert row.peer is not None
        ours, peer = row.ours(found), row.peer(found)
        ratio = ours / peer
        table.append(
            (
                row.title,
                _amount(ours, row.unit),
                f"{row.against} {_amount(peer, row.unit)}",
                f"{ratio:.2f}",
                f"≤ {row.goal} ×",
                _met(ratio, row.goal),
            )
        )
    for row in ABSOLUTE:
        ours = row.ours(found)
        peer_text = f"{row.against} {_amount(row.peer(found), row.unit)}" if row.peer else ""
        goal = "" if math.isinf(row.goal) else f"≤ {_amount(row.goal, row.unit)}"
        table.append((row.title, _amount(ours, row.unit), peer_text, "", goal, _met(ours, row.goal) if goal else ""))
    for name, (title, goal) in SIZES.items():
        size = results["sizes"][name]
        unit, scale = ("kB", 1e3) if goal < 1e6 else ("MB", 1e6)
        table.append((title, _amount(size / scale, unit), "", "", f"≤ {_amount(goal / scale, unit)}", _met(size, goal)))
    if build := results.get("build"):
        minutes = build["seconds"] / 60
        title = f"first build of the README's first command ({build['date']})"
        table.append((title, _amount(minutes, "min"), "", "", "≤ 5 min", _met(minutes, 5)))
    return table


def _amount(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip()


def _met(value: float, goal: float) -> str:
    return "yes" if value <= goal else "no"


def clients(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """All clients with 200 deltas: time, CPU, first delta, memory."""
    table = []
    for client in ("astr_openclaw", "aiohttp", "httpx", "openai", "socket", "component", "native"):
        one, fresh = results["found"]["stream"][client], results["found"]["fresh"][client]
        language = "Rust" if client in ("component", "native") else "Python"
        table.append(
            (
                f"{NAMES.get(client, client)} ({language})",
                _amount(1e3 * one["seconds"], "ms"),
                _amount(1e3 * one["cpu"], "ms"),
                _amount(1e3 * one["first"], "ms"),
                _amount(fresh["memory"] / _MIB, "MiB"),
            )
        )
    return table


_HEADS = (("", "this", "peer", "ratio", "goal", "met"), ("200 deltas", "time", "CPU", "first delta", "memory gained"))


def text(results: dict[str, Any]) -> str:
    """The tables for a terminal."""
    parts = [f"{results['date']}, {results['machine']}"]
    for head, table in zip(_HEADS, (rows(results), clients(results)), strict=True):
        widths = [max(len(row[at]) for row in (head, *table)) for at in range(len(head))]
        parts.append(
            "\n".join(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in (head, *table)
            )
        )
    return "\n\n".join(parts)


def markdown(results: dict[str, Any]) -> str:
    """The tables for README.md."""
    parts = [f"Measured on {results['date']} ({results['machine']}); medians."]
    for head, table in zip(_HEADS, (rows(results), clients(results)), strict=True):
        lines = [head, tuple("---" for _ in head), *table]
        parts.append("\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|" for line in lines))
    parts.append(
        "How the cost grows, with the callers (one has its turn, at most 64 wait), the deltas and the bytes of an answer "
        "(up to its highest limit, 16 MiB of stream, in which the text stands three times):\n\n![](results.svg)"
    )
    return "\n\n".join(parts) + "\n"


def svg(results: dict[str, Any]) -> str:
    """Three log-log charts side by side: the time of a turn over callers, deltas, bytes."""
    titles = {"callers": "callers at once", "deltas": "deltas in one burst", "bytes": "bytes of the answer"}
    panels = [
        _panel(60 + 300 * at, titles[name], series) for at, (name, series) in enumerate(results["growth"].items())
    ]
    caption = f"milliseconds until all are done · {results['date']} · {results['machine']}".replace("&", "&amp;")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 320" font-family="sans-serif" font-size="11">\n'
        '<rect width="940" height="320" fill="white"/>\n'
        + "".join(panels)
        + f'<text x="20" y="312">{caption}</text>\n</svg>\n'
    )


def _panel(left: int, title: str, series: dict[str, list[list[float]]]) -> str:
    points = [point for line in series.values() for point in line]
    low_x, high_x = (f(math.log10(x) for x, _ in points) for f in (min, max))
    low_y = math.floor(min(math.log10(1e3 * y) for _, y in points))
    high_y = math.ceil(max(math.log10(1e3 * y) for _, y in points))
    width, height, top = 230, 220, 40

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low_x) / (high_x - low_x)
        up = (math.log10(y) - low_y) / (high_y - low_y)
        return round(left + width * across, 1), round(top + height * (1 - up), 1)

    parts = [f'<text x="{left}" y="20" font-weight="bold">{title}</text>\n']
    for power in range(low_y, high_y + 1):
        y = place(10**low_x, 10.0**power)[1]
        parts.append(
            f'<path d="M{left} {y}h{width}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>\n'
        )
    for x in sorted({x for x, _ in points}):
        at = place(x, 10.0**low_y)[0]
        parts.append(f'<text x="{at}" y="{top + height + 16}" text-anchor="middle">{_short(x)}</text>\n')
    for color, (client, line) in zip(("#c0392b", "#2c3e50"), series.items(), strict=True):
        places = [place(x, 1e3 * y) for x, y in line]
        path = "L".join(f"{x} {y}" for x, y in places)
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{color}"/>' for x, y in places)
        x, y = places[-1]
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="1.5"/>{dots}<text x="{x + 5}" y="{y + 4}" fill="{color}">{NAMES[client]}</text>\n'
        )
    return "".join(parts)


def _short(value: float) -> str:
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def _marked(file: Path, content: str) -> str:
    """The file with other content between its marks."""
    before, _, rest = file.read_text("utf-8").partition(OPEN)
    _, close, after = rest.partition(CLOSE)
    if not close:
        raise SystemExit(f"report.py: {file} has no {OPEN}…{CLOSE}")
    return f"{before}{OPEN}{content}{close}{after}"


def pages(results: dict[str, Any]) -> dict[Path, str]:
    """Every file of the repository that has figures in it, as it has to be."""

    def memory(client: str) -> str:
        return f"{results['found']['fresh'][client]['memory'] / _MIB:.0f} MiB"

    star = (
        f"加载模块并完成一次对话约需 {memory('astr_openclaw')}（同一次测量中 `aiohttp` 约 {memory('aiohttp')}，"
        f"`openai` SDK 约 {memory('openai')}）"
    )
    made = {
        HERE / "README.md": f"\n\n{markdown(results)}\n",
        ROOT / "host-shim/astrbot/astrbot_plugin_openclaw/README.md": star,
    }
    if "build" in results:
        made[ROOT / "README.md"] = f"{results['build']['seconds'] / 60:.0f} minutes"
    return {file: _marked(file, content) for file, content in made.items()} | {HERE / "results.svg": svg(results)}


def write(results: dict[str, Any], out: Path) -> None:
    """Writes results.json and results.svg; and every page with figures if the folder is this one."""
    out.mkdir(parents=True, exist_ok=True)
    # As it will be read: in the order of its keys.
    results = json.loads(json.dumps(results, sort_keys=True))
    files = pages(results) if out.resolve() == HERE else {out / "results.svg": svg(results)}
    for file, content in files.items():
        file.write_text(content, "utf-8")
    (out / "results.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")


def read() -> dict[str, Any]:
    """What was measured last, for the pages."""
    return dict(json.loads((HERE / "results.json").read_text("utf-8")))


def first_build() -> dict[str, Any] | None:
    """What the first build took, which is measured apart from the rest."""
    return read().get("build") if (HERE / "results.json").exists() else None


def main() -> int:
    """See the module's docstring."""
    results = read()
    if sys.argv[1:2] == ["--first-build"]:
        results["build"] = {"seconds": float(sys.argv[2]), "date": date.today().isoformat()}
    if sys.argv[1:] != ["--check"]:
        write(results, HERE)
        return 0
    stale = [file for file, page in pages(results).items() if file.read_text("utf-8") != page]
    for file in stale:
        print(f"{file} is not what tests/benches/results.json says: run tests/benches/report.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
