"""One turn of AstrBot's agent loop. AstrBot runs the tools itself: it takes the calls and sends the results
with its next request, while the turn waits."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from astr_openclaw import Delta, File, Notice, Reply, Tool, ToolCall, Turn

from .approvals import TurnApprovals

#: Seconds without a further call after which a round counts as complete: with all announced calls
#: present, and with some still missing.
_COMPLETE = 0.02
_INCOMPLETE = 0.5

#: Sent to the model for a call without a result, and for a call that is not run.
_NO_RESULT = "AstrBot has no result for this call"
_NO_MORE = "no more tools are run in this turn; answer with what you have"


@dataclass(frozen=True)
class Call:
    """A tool that AstrBot is to run."""

    id: str
    name: str
    arguments: dict[str, Any]


#: What `pieces` yields.
Piece = Union[Delta, "list[Call]", Reply]


class AgentTurn:
    """One turn that spans several requests of AstrBot's agent loop, one per round of tools."""

    def __init__(self, abort: asyncio.Event | None, session: str = "") -> None:
        # None marks the end; see `_end`.
        self._feed: asyncio.Queue[Delta | Call | None] = asyncio.Queue()
        self._end: Reply | BaseException | None = None
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._announced = self._arrived = 0
        self._handing: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._abort = abort
        self._turn: Turn | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self.handed: set[str] = set()  #: Ids of all calls handed to AstrBot.
        self.given_up = False  #: Ended while waiting for results; nobody reads what follows.
        self.names: dict[str, str] = {}  #: AstrBot's tool names by offered name.
        self.notices: list[Notice] = []  #: Notices so far.
        self.files: list[File] = []  #: Files so far.
        self.shown: list[str] = []  #: The text that each earlier request has shown.
        self.session = session  #: The gateway session.
        self.approvals: TurnApprovals | None = None  #: Who asks for approvals.

    @property
    def ended(self) -> bool:
        """Whether the turn has ended."""
        return self._end is not None

    @property
    def waiting(self) -> bool:
        """Whether the turn waits for tool results."""
        return bool(self._waiting)

    def waits_for(self, calls: Iterable[str]) -> bool:
        """Whether the turn waits for the result of one of these."""
        return any(call in self._waiting and not self._waiting[call].done() for call in calls)

    @property
    def is_here(self) -> bool:
        """Whether it belongs to the running event loop, the only one in which it can be read."""
        return self._loop is asyncio.get_running_loop()

    def tool(
        self, name: str, description: str, parameters: Any, level: str, timeout: float, approval: str = "none"
    ) -> Tool:
        """A tool whose calls are handed to AstrBot; `resume` supplies the results."""
        self._handing.add(name)

        async def run(**arguments: Any) -> str:
            if self._closed:
                raise RuntimeError(_NO_MORE)
            call = Call(f"call_{uuid.uuid4().hex}", name, arguments)
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._waiting[call.id] = answer
            self._arrived += 1
            self._feed.put_nowait(call)
            try:
                return await answer
            finally:
                self._waiting.pop(call.id, None)

        return Tool(name, run, description, parameters, level, timeout, approval)

    def start(self, ask: Callable[[], Turn]) -> None:
        """Starts the turn. Raises `Fault` if no plugin is running."""
        self._loop = asyncio.get_running_loop()
        try:
            self._turn = ask()
        except BaseException:
            if self.approvals is not None:
                self.approvals.close()
            raise
        self._tasks.append(asyncio.create_task(self._pump(self._turn)))
        if self._abort is not None:
            self._tasks.append(asyncio.create_task(self._watch(self._abort, self._turn)))

    async def _pump(self, turn: Turn) -> None:
        # Readers must get an end, whatever happens to this task.
        end: Reply | BaseException = RuntimeError("the turn was dropped")
        try:
            async for event in turn:
                if self.approvals is not None and self.approvals.told(turn, event):
                    continue
                if isinstance(event, Delta):
                    self._feed.put_nowait(event)
                elif isinstance(event, ToolCall):
                    self._announced += event.name in self._handing
                elif isinstance(event, Notice):
                    self.notices.append(event)
                elif isinstance(event, File):
                    self.files.append(event)
            end = await turn.reply()
        except Exception as error:
            end = error
        finally:
            self._end = end
            self._feed.put_nowait(None)
            if self.approvals is not None:
                self.approvals.close()
            # No effect if the turn has ended.
            turn.cancel()
            for task in self._tasks[1:]:
                task.cancel()

    @staticmethod
    async def _watch(abort: asyncio.Event, turn: Turn) -> None:
        await abort.wait()
        turn.cancel()

    def resume(self, results: Mapping[str, str], note: str = "") -> bool:
        """Takes the results of tool calls; whether any of them was one that this turn waits for.
        Calls that AstrBot was given and has no result for fail. `note`: what was said after the
        results."""
        mine = [call for call, answer in self._waiting.items() if call in results and not answer.done()]
        for call in mine:
            text = results[call]
            if note and call == mine[-1]:
                text = f"{text}\n\n{note}"
            self._waiting[call].set_result(text)
        if mine:
            for call, answer in self._waiting.items():
                if call in self.handed and not answer.done():
                    answer.set_exception(RuntimeError(_NO_RESULT))
        return bool(mine)

    def take_no_more_calls(self) -> None:
        """Makes further calls fail: AstrBot runs no more tools in this turn."""
        self._closed = True
        for call, answer in self._waiting.items():
            if call not in self.handed and not answer.done():
                answer.set_exception(RuntimeError(_NO_MORE))

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """What comes until AstrBot has to act: deltas, and then either the calls to run or the
        reply. Raises `Fault`, or whatever else ended the turn. Cancelling or closing it earlier
        cancels the turn; once the calls are handed out it does not."""
        whole = False
        try:
            while not whole:
                item = await self._feed.get()
                if item is None:
                    self._feed.put_nowait(None)  # For later readers.
                    whole = True
                    if isinstance(self._end, Reply):
                        yield self._end
                    elif self._end is not None:
                        raise self._end
                elif isinstance(item, Delta):
                    yield item
                elif calls := await self._round(item):
                    self.handed.update(call.id for call in calls)
                    whole = True
                    yield calls
        finally:
            if not whole:
                self.cancel()

    async def _round(self, first: Call) -> list[Call]:
        """The calls of one round, without those that have timed out."""
        calls: list[Call] = [first]
        rest: list[Delta | None] = []
        while not rest:
            wait = _INCOMPLETE if self._arrived < self._announced else _COMPLETE
            try:
                item = await asyncio.wait_for(self._feed.get(), wait)
            except (asyncio.TimeoutError, TimeoutError):
                break
            if isinstance(item, Call):
                calls.append(item)
            else:
                rest.append(item)
        for item in rest:
            self._feed.put_nowait(item)
        return [call for call in calls if (answer := self._waiting.get(call.id)) and not answer.done()]

    def cancel(self) -> None:
        """Cancels the turn."""
        if self._turn is not None:
            self._turn.cancel()

    def give_up(self) -> None:
        """Ends a turn that waits for results, so that others can run. Late results go into a new turn."""
        self.given_up = True
        self.cancel()
