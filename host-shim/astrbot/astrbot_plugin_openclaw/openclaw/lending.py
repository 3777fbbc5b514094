"""The turns that wait while AstrBot's agent loop runs their tools. One runs at a time: a turn that
nobody comes back to must not keep the others waiting."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .conversation import Call, Conversation

#: Seconds that others wait for a turn whose tools run, and between two looks at whether they do.
_PATIENCE = 3.0
_LOOK = 1.0

#: Calls whose turn has been given up, and whose results can still come.
_REMEMBERED = 500


@dataclass(eq=False)
class _Loan:
    talk: Conversation
    chat: str
    key: str
    said: list[str]
    calls: frozenset[str]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def is_out(self) -> bool:
        """Whether its turn waits for these very calls."""
        return not self.talk.given_up and self.talk.waits_for(self.calls)

    def give_up(self) -> None:
        if self.is_out:
            self.talk.give_up()


class Lending:
    """By the ids of the calls, which nobody else has."""

    def __init__(self, someone_waits: Callable[[], bool]) -> None:
        """`someone_waits`: whether another turn is held up."""
        self._someone_waits = someone_waits
        self._by_call: dict[str, _Loan] = {}

    def lend(self, talk: Conversation, chat: str, key: str, said: list[str], calls: Iterable[Call]) -> None:
        """AstrBot is given these calls."""
        loan = _Loan(talk, chat, key, said, frozenset(call.id for call in calls))
        for call in loan.calls:
            self._by_call[call] = loan
        for call in list(self._by_call)[:-_REMEMBERED]:
            if not self._by_call[call].is_out:
                del self._by_call[call]
        loan.tasks.append(asyncio.create_task(self._give_way(loan)))
        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(functools.partial(_give_up_with, loan))

    def find(self, results: Iterable[str]) -> Conversation | None:
        """The turn that one of these results belongs to."""
        return next((self._by_call[call].talk for call in results if call in self._by_call), None)

    def drop(self, talk: Conversation) -> None:
        """Nothing more comes for this turn."""
        for call in talk.handed:
            self._by_call.pop(call, None)

    def asked_again(self, key: str, said: list[str]) -> None:
        """AstrBot asks the same once more, for the arguments of the tools (`skills_like`), and comes
        back with the results of that."""
        for loan in self._out():
            if loan.key == key and loan.said == said:
                loan.give_up()

    def end_chat(self, chat: str) -> None:
        """The agent loop of this chat has ended."""
        for loan in self._out():
            if loan.chat == chat:
                loan.give_up()

    def end(self) -> None:
        """Ends every turn that waits."""
        for loan in self._out():
            loan.give_up()
        self._by_call.clear()

    def _out(self) -> list[_Loan]:
        return [loan for loan in {id(loan): loan for loan in self._by_call.values()}.values() if loan.is_out]

    async def _give_way(self, loan: _Loan) -> None:
        """Also to who is asked by one of the tools itself, such as a sub-agent: it would wait for
        its own end."""
        await asyncio.sleep(_PATIENCE)
        while loan.is_out:
            if self._someone_waits():
                loan.give_up()
            await asyncio.sleep(_LOOK)


def _give_up_with(loan: _Loan, task: asyncio.Task[Any]) -> None:
    """An agent loop's task that ends while the calls it took are out does not come back. One that
    only carried them to the loop (newer AstrBots wait for each response in a task of its own) has
    them for its result."""
    # `exception()` would count as having seen it, and asyncio would not tell it any more.
    if task.cancelled() or getattr(task, "_exception", None) is not None or task.result() is None:
        loan.give_up()
