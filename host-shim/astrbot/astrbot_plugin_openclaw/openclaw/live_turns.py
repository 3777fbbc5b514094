"""The turns under way, as the status page shows them: whose they are, how far they are, what they have said so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from astr_openclaw import Delta, Notice, ToolCall, Turn

from . import masking

if TYPE_CHECKING:
    from .approvals import Origin

#: Characters of the output that are kept for masking, and how many of them are shown at most.
_KEPT, _SHOWN = 16_000, 4_000

#: Doors whose turns somebody waits for.
_INTERACTIVE = ("chat", "model")


class LiveTurn:
    """A turn that has not ended."""

    def __init__(self, number: int, origin: Origin) -> None:
        self.number = number  #: Unique among those of this engine, from 1.
        self.origin = origin
        self.turn = ""  #: The turn's id; empty until it has said anything.
        self.started = time.time()
        self.waits = False  #: Whether it waits in the queue, as far as its own events say.
        self.calls = 0  #: Tools called so far.
        self.last_call = ""  #: Name of the last of them.
        self._begun = time.monotonic()
        self._pieces: list[str] = []
        self._kept = 0
        self._length = 0

    @property
    def background(self) -> bool:
        """Whether nobody waits for it."""
        return self.origin.door not in _INTERACTIVE

    @property
    def seconds(self) -> float:
        """Since it was asked."""
        return time.monotonic() - self._begun

    def saw(self, turn: Turn, event: object) -> None:
        """Takes an event of the turn."""
        self.turn = turn.id
        # The queue is the first that a turn meets: whatever else it says, it has left it.
        self.waits = isinstance(event, Notice) and event.code == "queued"
        if isinstance(event, Delta):
            self._pieces.append(event.text)
            self._kept += len(event.text)
            self._length += len(event.text)
            if self._kept > 2 * _KEPT:
                self._pieces = ["".join(self._pieces)[-_KEPT:]]
                self._kept = _KEPT
        elif isinstance(event, ToolCall):
            self.calls += 1
            self.last_call = event.name

    def output(self, tokens: tuple[str, ...], *, secrets: bool) -> tuple[str, int]:
        """The end of what it has said, masked as a reply is (`secrets`: whatever looks like one), and how many
        characters stand before it. What may become a secret once more of it has arrived is held back."""
        text = masking.TokenStream(tokens).feed("".join(self._pieces)[-_KEPT:])
        if secrets:
            end = len(text)
            while end and "!" <= text[end - 1] <= "~":
                end -= 1
            text = masking.mask_secrets(text[:end], tokens)
        shown = text[-_SHOWN:]
        return shown, max(0, self._length - _KEPT) + len(text) - len(shown)


class LiveTurns:
    """Every turn under way, oldest first."""

    def __init__(self) -> None:
        self._turns: dict[int, LiveTurn] = {}
        self._last = 0

    def begin(self, origin: Origin) -> LiveTurn:
        """A turn that starts now; `end` it."""
        self._last += 1
        live = self._turns[self._last] = LiveTurn(self._last, origin)
        return live

    def end(self, live: LiveTurn) -> None:
        """The turn has ended."""
        self._turns.pop(live.number, None)

    def all(self) -> list[LiveTurn]:
        """Those that have not ended, oldest first."""
        return list(self._turns.values())

    def waiting(self, queued: int) -> set[LiveTurn]:
        """Those that wait in the queue, of which the component counts `queued`. A turn says that it waits, but not
        that its turn has come: interactive ones come first, then the oldest."""
        waiting = sorted((live for live in self.all() if live.waits), key=lambda live: (live.background, live.number))
        for live in waiting[: max(0, len(waiting) - queued)]:
            live.waits = False
        return {live for live in waiting if live.waits}
