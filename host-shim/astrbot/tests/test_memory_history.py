"""The last hour of the available memory: bounded, and still when nobody uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from openclaw.guard_state import GuardState
from openclaw.memory_history import MemoryHistory


class Clock:
    """A clock that the test moves, with its timers."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.readings: list[int | None] = []
        self.read = 0
        self.history = self.new()

    def new(self) -> MemoryHistory:
        return MemoryHistory(self._read, lambda: self.now, self._later, lambda: self.now + 1_800_000_000.0)

    def _later(self, seconds: float, call: Callable[[], None]) -> Clock:
        self.timers.append((self.now + seconds, call))
        return self

    def cancel(self) -> None:
        self.timers.clear()

    def _read(self) -> None:
        self.read += 1
        self.history.add(700)

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.timers and self.timers[0][0] <= until:
            self.now, call = self.timers.pop(0)
            call()
        self.now = until


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_lowest_of_a_quarter_minute_is_kept(clock: Clock) -> None:
    for mib in (None, 900, 400, 800):
        clock.history.add(mib)
        clock.run(2)
    clock.run(20)
    clock.history.add(None)
    assert clock.history.points() == [(28, 400), (0, None)]


def test_it_keeps_an_hour_however_often_it_is_read(clock: Clock) -> None:
    for _ in range(3600):
        clock.history.add(500)
        clock.run(2)
    points = clock.history.points()
    assert 200 <= len(points) <= 241 and points[0][0] <= 3600 and points[-1][0] <= 16


def test_it_is_read_once_a_minute_for_an_hour_and_then_nothing_wakes(clock: Clock) -> None:
    clock.run(7200)
    assert clock.read == 0 and clock.timers == []
    for _ in range(3):
        clock.history.used()
    assert len(clock.timers) == 1
    clock.run(3600)
    assert clock.read == 60
    clock.run(7200)
    assert clock.read == 60 and clock.timers == []
    assert clock.history.points() == []
    clock.history.used()
    clock.run(120)
    clock.history.used()
    clock.run(3500)
    assert clock.read == 60 + 60 and len(clock.timers) == 1
    clock.history.stop()
    assert clock.timers == []


def test_it_survives_the_event_loop_of_its_timer(clock: Clock) -> None:
    clock.history.used()
    clock.timers.clear()
    clock.run(200)
    clock.history.used()
    clock.run(60)
    assert clock.read == 1


def test_another_life_goes_on_with_it(clock: Clock, tmp_path: Path) -> None:
    for mib in (700, None, 650):
        clock.history.add(mib)
        clock.run(1700)
    GuardState(tmp_path / "guards.json").keep(b"", [], clock.history.kept())
    clock.run(100)
    clock.history = clock.new()
    clock.history.restore(GuardState(tmp_path / "guards.json").memory)
    assert clock.history.points() == [(3500, None), (1800, 650)]
    clock.history.add(600)
    clock.history.restore([[clock.now, 1]])
    assert clock.history.points()[-1] == (0, 600)


@pytest.mark.parametrize(
    "memory",
    [5, {}, "x", [5], [[]], [["x", 1]], [[1.0]], [[1.0, 2, 3]], [[1.0, -1]], [[1.0, "2"]], [[1e400, 1]], [[1.0, 1.5]]],
)
def test_what_is_no_reading_is_left_out_and_the_rest_stays(tmp_path: Path, memory: object) -> None:
    fault = {"time": 1.0, "code": "busy", "cause": "c", "remedy": "r"}
    path = tmp_path / "guards.json"
    path.write_text(json.dumps({"snapshot": "AA==", "last_faults": [fault], "memory": memory}))
    path.chmod(0o600)
    guards = GuardState(path)
    assert (guards.snapshot, guards.last_faults, guards.memory) == (b"\0", [fault], [])


def test_a_clock_that_was_set_leaves_out_what_it_puts_elsewhere(clock: Clock) -> None:
    now = clock.now + 1_800_000_000.0
    clock.history.restore([[now + 5, 1], [now - 4000, 2], [now - 10, 3], [now - 20, 4]])
    assert clock.history.points() == [(20, 4), (10, 3)]
