"""Tool calls taken by AstrBot's agent loop, and the turns that wait for their results. Only one turn runs at a
time, so an abandoned one must not hold up the others."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .agent_turn import AgentTurn, Call

#: Seconds that a turn may hold up others while its tools run, and seconds between two checks of the queue.
_PATIENCE = 3.0
_LOOK = 1.0

#: How many calls are kept after their turn was given up: their results may still arrive.
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
        """Whether its turn is waiting for these calls."""
        return not self.turn.given_up and self.turn.waits_for(self.calls)

    def give_up(self) -> None:
        """Ends the turn if it is still waiting."""
        if self.is_open:
            self.turn.give_up()


class PendingCalls:
    """Waiting turns by call id."""

    def __init__(self, someone_waits: Callable[[], bool]) -> None:
        """`someone_waits`: whether another turn is in the queue."""
        self._someone_waits = someone_waits
        self._by_call: dict[str, _Round] = {}

    def add(self, turn: AgentTurn, chat: str, key: str, said: list[str], calls: Iterable[Call]) -> None:
        """Records that the current task takes these calls of `turn`."""
        taken = _Round(turn, chat, key, said, frozenset(call.id for call in calls))
        for call in taken.calls:
            self._by_call[call] = taken
        for call in list(self._by_call)[:-_KEPT]:
            if not self._by_call[call].is_open:
                del self._by_call[call]
        taken.watch = asyncio.create_task(self._watch(taken, asyncio.current_task()))

    def turn_of(self, results: Iterable[str]) -> AgentTurn | None:
        """The turn that made one of these calls."""
        return next((self._by_call[call].turn for call in results if call in self._by_call), None)

    def drop(self, turn: AgentTurn) -> None:
        """Forgets a finished turn."""
        for call in turn.handed:
            self._by_call.pop(call, None)

    def asked_again(self, key: str, said: list[str]) -> None:
        """Ends a turn whose question is repeated: with `skills_like`, AstrBot asks twice to get the tools'
        arguments, and returns only the second answer's results."""
        for taken in self._open():
            if taken.key == key and taken.said == said:
                taken.give_up()

    def end_chat(self, chat: str) -> None:
        """Ends the waiting turns of a chat whose agent loop has ended."""
        for taken in self._open():
            if taken.chat == chat:
                taken.give_up()

    def end(self) -> None:
        """Ends every waiting turn."""
        for taken in self._open():
            taken.give_up()
        self._by_call.clear()

    def _open(self) -> list[_Round]:
        return [taken for taken in {id(taken): taken for taken in self._by_call.values()}.values() if taken.is_open]

    async def _watch(self, taken: _Round, task: asyncio.Task[Any] | None) -> None:
        """Ends the turn when the task that took its calls ends, or when it holds up others too long. The
        other turn may belong to one of its tools, such as a sub-agent, which would be a deadlock."""
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
            # Callbacks must not pile up on a task that asks repeatedly.
            if task is not None:
                task.remove_done_callback(ended)


def _give_up_with(taken: _Round, task: asyncio.Task[Any]) -> None:
    """Ends the turn if the task's end is the end of the agent loop. Newer AstrBots fetch each response in
    its own task, whose result is the response; those go on."""
    # `exception()` would mark the exception as retrieved, and asyncio would not log it.
    if task.cancelled() or getattr(task, "_exception", None) is not None or task.result() is None:
        taken.give_up()
