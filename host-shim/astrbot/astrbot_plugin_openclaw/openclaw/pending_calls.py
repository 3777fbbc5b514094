"""Tool calls that AstrBot's agent loop has taken, and the turns that wait for their results. One turn
runs at a time, so one that nobody comes back to must not hold up the others."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .agent_turn import AgentTurn, Call

#: Seconds that a turn may hold up others while its tools run, and between two looks at the queue.
_PATIENCE = 3.0
_LOOK = 1.0

#: Calls that are kept after their turn has been given up: their results can still come.
_KEPT = 500


@dataclass(eq=False)
class _Round:
    """The calls of one response."""

    turn: AgentTurn
    chat: str
    key: str
    said: list[str]
    calls: frozenset[str]
    watch: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether its turn waits for these very calls."""
        return not self.turn.given_up and self.turn.waits_for(self.calls)

    def give_up(self) -> None:
        """Ends the turn, if it still waits."""
        if self.is_open:
            self.turn.give_up()


class PendingCalls:
    """Finds turns by the ids of their calls, which are unique."""

    def __init__(self, someone_waits: Callable[[], bool]) -> None:
        """`someone_waits`: whether another turn is in the queue."""
        self._someone_waits = someone_waits
        self._by_call: dict[str, _Round] = {}

    def add(self, turn: AgentTurn, chat: str, key: str, said: list[str], calls: Iterable[Call]) -> None:
        """The running task takes these calls of `turn`."""
        taken = _Round(turn, chat, key, said, frozenset(call.id for call in calls))
        for call in taken.calls:
            self._by_call[call] = taken
        for call in list(self._by_call)[:-_KEPT]:
            if not self._by_call[call].is_open:
                del self._by_call[call]
        taken.watch = asyncio.create_task(self._watch(taken, asyncio.current_task()))

    def turn_of(self, results: Iterable[str]) -> AgentTurn | None:
        """The turn that one of these results belongs to."""
        return next((self._by_call[call].turn for call in results if call in self._by_call), None)

    def drop(self, turn: AgentTurn) -> None:
        """Forgets a turn that has been answered."""
        for call in turn.handed:
            self._by_call.pop(call, None)

    def asked_again(self, key: str, said: list[str]) -> None:
        """Ends a turn whose question is asked once more: with `skills_like` AstrBot does so to get
        the arguments of the tools, and returns with the results of the second answer only."""
        for taken in self._open():
            if taken.key == key and taken.said == said:
                taken.give_up()

    def end_chat(self, chat: str) -> None:
        """Ends the turns of a chat whose agent loop has ended."""
        for taken in self._open():
            if taken.chat == chat:
                taken.give_up()

    def end(self) -> None:
        """Ends every turn that waits."""
        for taken in self._open():
            taken.give_up()
        self._by_call.clear()

    def _open(self) -> list[_Round]:
        return [taken for taken in {id(taken): taken for taken in self._by_call.values()}.values() if taken.is_open]

    async def _watch(self, taken: _Round, task: asyncio.Task[Any] | None) -> None:
        """Ends the turn with the task that took its calls, or when it holds up others for too long.
        The other may be asked by one of the tools, such as a sub-agent: a deadlock otherwise."""
        ended = functools.partial(_give_up_with, taken)
        if task is not None:
            task.add_done_callback(ended)
        try:
            await asyncio.sleep(_PATIENCE)
            while taken.is_open:
                if self._someone_waits():
                    taken.give_up()
                await asyncio.sleep(_LOOK)
        finally:
            # A task that asks again and again must not gather them.
            if task is not None:
                task.remove_done_callback(ended)


def _give_up_with(taken: _Round, task: asyncio.Task[Any]) -> None:
    """The end of the task that took the calls is the end of its agent loop, unless it only carried
    them there: newer AstrBots wait for each response in a task of its own, whose result it is."""
    # `exception()` would mark it as seen, and asyncio would no longer log it.
    if task.cancelled() or getattr(task, "_exception", None) is not None or task.result() is None:
        taken.give_up()
