"""The available memory of the last hour, for the chart of the status page.

It is read when somebody wants to know anyway (the page is open, a turn ends), and once a minute for an hour after
that. Without turns and without a page, an hour later nothing here wakes AstrBot any more."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Seconds that are kept, that one point stands for, and between two readings that nobody asked for.
_HOUR = 3600.0
_POINT = 15.0
_EVERY = 60.0


@dataclass
class _Point:
    at: float  #: When it begins; monotonic.
    mib: int | None  #: The lowest reading; None if there was none that could be read.


def _later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)


class MemoryHistory:
    """The lowest reading of each quarter of a minute. `read` adds a reading; the rest is for tests."""

    def __init__(
        self,
        read: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], Any] = _later,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._read, self._clock, self._later, self._wall = read, clock, later, wall
        self._points: deque[_Point] = deque(maxlen=int(_HOUR / _POINT) + 1)
        self._until = self._due = 0.0
        self._timer: Any = None

    def used(self) -> None:
        """A turn or the page needs it: it is read for another hour. Needs a running event loop."""
        now = self._clock()
        self._until = now + _HOUR
        # One that is long due is of an event loop that has ended.
        if self._timer is None or now > self._due + _EVERY:
            self._wait()

    def stop(self) -> None:
        """Ends the readings."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._read()
        if self._clock() < self._until:
            self._wait()

    def _wait(self) -> None:
        self._due = self._clock() + _EVERY
        self._timer = self._later(_EVERY, self._tick)

    def add(self, mib: int | None) -> None:
        """Takes a reading in MiB; None if the memory could not be read."""
        now = self._clock()
        last = self._points[-1] if self._points else None
        if last is None or now - last.at >= _POINT:
            self._points.append(_Point(now, mib))
        elif mib is not None:
            last.mib = mib if last.mib is None else min(last.mib, mib)

    def points(self) -> list[tuple[int, int | None]]:
        """Seconds ago and MiB of each point of the last hour, oldest first."""
        now = self._clock()
        return [(round(now - point.at), point.mib) for point in self._points if now - point.at <= _HOUR]

    def kept(self) -> list[list[float | None]]:
        """The points for another life: seconds since 1970, and MiB."""
        now = self._wall()
        return [[now - ago, mib] for ago, mib in self.points()]

    def restore(self, kept: list[list[Any]]) -> None:
        """Takes what another life has `kept`, if nothing was read in this one. A clock that was set since may leave out
        some of it."""
        now, wall = self._clock(), self._wall()
        if not self._points:
            recent = sorted((wall - at, mib) for at, mib in kept if 0 <= wall - at <= _HOUR)
            self._points.extend(_Point(now - ago, mib) for ago, mib in reversed(recent))
