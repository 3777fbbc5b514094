"""Limits the running and queued turns per user, so that nobody fills the queue."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from astr_openclaw import Turn


class QuotaExceeded(Exception):
    """No place is left. `key`: the text that says why."""

    def __init__(self, key: str, **values: int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class UserQuota:
    """Running and queued turns, by sender."""

    def __init__(self, share: int, places: int) -> None:
        """`share`: turns per user; `places`: turns that can run or wait in total."""
        self._share = share
        self._places = places
        self._turns: weakref.WeakKeyDictionary[Turn, str | None] = weakref.WeakKeyDictionary()

    def admit(self, asker: str | None, *, admin: bool) -> None:
        """Raises `QuotaExceeded` if another turn would be too many. One place is reserved for admins."""
        if admin:
            return  # The component limits them.
        askers = [self._turns.get(turn) for turn in self.under_way()]
        if asker is not None and askers.count(asker) >= self._share:
            raise QuotaExceeded("share_full", n=self._share)
        if len(askers) >= max(1, self._places - 1):
            raise QuotaExceeded("queue_full", n=len(askers))

    def add(self, turn: Turn, asker: str | None) -> None:
        """Counts a turn until it has ended."""
        self._turns[turn] = asker

    def under_way(self) -> Iterator[Turn]:
        """Turns that have not ended."""
        return (turn for turn in list(self._turns) if not turn.ended)
