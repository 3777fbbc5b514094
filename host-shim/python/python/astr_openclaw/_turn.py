"""A turn under way."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from . import _bridge
from ._json import decode
from ._tool import run_tool
from .errors import Fault
from .types import Event, Reply, Tool, event_of

#: Events taken over at once: enough to be fast, few enough not to hold up the loop.
_BATCH = 64


class Turn(AsyncIterator[Event]):
    """A turn under way: iterate over its events, or await its `reply`, or both, in the event loop that
    asked (elsewhere only `cancel` works, and awaiting raises `RuntimeError`).

    It ends early, and its connection is closed, when the task that waits for it is cancelled, at
    `cancel` or `aclose`, at the end of an ``async with``, and when it is no longer referenced.
    Events that nobody takes do not halt the turn: text is joined, and beyond some megabytes only its
    beginning is kept, which the reply's text completes.
    """

    def __init__(self, ask: Callable[[_bridge.Mailbox, int], Any], tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._events: deque[str | bytes] = deque()
        self._end: Reply | dict[str, Any] | None = None
        self._told = False
        self._waiter: asyncio.Future[None] | None = None
        self._loop = weakref.ref(asyncio.get_running_loop())
        self._box = _bridge.mailbox()
        # The mailbox must not keep a turn alive that nobody waits for.
        me = weakref.ref(self)

        def on_item(kind: str, *rest: Any) -> None:
            turn = me()
            if turn is not None:
                turn._on_item(kind, *rest)

        key = self._box.register(on_item)
        _when_gone(self, _dropped, self._box, key, self._running)
        self._native = ask(self._box, key)
        task = asyncio.current_task()
        if task is not None:
            on_done = _cancel_with(me)
            task.add_done_callback(on_done)
            # A task that asks again and again must not gather them.
            _when_gone(self, _forget, weakref.ref(task), on_done)

    @property
    def id(self) -> str:
        """Unique within the plugin."""
        return str(self._native.id)

    @property
    def ended(self) -> bool:
        """Whether the turn has ended and all of its events have been taken."""
        return self._end is not None and not self._events

    def cancel(self) -> None:
        """Ends the turn with the fault ``cancelled``; without effect once it has ended."""
        self._native.cancel()

    async def aclose(self) -> None:
        """Cancels the turn, if need be, and waits for its end."""
        self.cancel()
        while not self.ended:
            await self._more()
            self._events.clear()

    async def reply(self) -> Reply:
        """How the turn ended; events not taken by then are dropped. Raises `Fault`."""
        while not self.ended:
            await self._more()
            self._events.clear()
        return self._result()

    def __aiter__(self) -> Turn:
        return self

    async def __anext__(self) -> Event:
        """The next event. When the turn ends well the iteration does; otherwise it raises the
        `Fault` (once; `reply` goes on raising it)."""
        while not self._events:
            if self._end is not None:
                if not self._told:
                    self._told = True
                    self._result()
                raise StopAsyncIteration
            await self._more()
        return event_of(self._events.popleft())

    async def __aenter__(self) -> Turn:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _result(self) -> Reply:
        if isinstance(self._end, Reply):
            return self._end
        fault: Fault = decode(Fault, self._end)
        raise fault

    async def _more(self) -> None:
        """Waits until there is an event, or the end."""
        if asyncio.get_running_loop() is not self._loop():
            # Nothing would ever wake a future of this loop.
            raise RuntimeError("this turn was asked in another event loop; await it there")
        if self._waiter is not None:
            raise RuntimeError("another task is already waiting for this turn")
        while True:
            self._take()
            if self._events or self._end is not None:
                return
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            try:
                await waiter
            except asyncio.CancelledError:
                self.cancel()
                raise
            finally:
                self._waiter = None

    def _take(self) -> None:
        if self._end is not None:
            return
        events, end = self._native.poll(_BATCH)
        self._events.extend(events)
        if end is not None:
            well, text = end
            self._end = decode(Reply, json.loads(text)) if well else json.loads(text)

    def _on_item(self, kind: str, *rest: Any) -> None:
        if kind == "ready":
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(None)
        elif kind == "tool":
            ticket, name, arguments, answer = rest
            task = asyncio.get_running_loop().create_task(run_tool(self._tools.get(name), name, arguments, answer))
            # The task must not keep the turn alive: nobody else may hold it any more.
            running = self._running
            running[ticket] = task
            task.add_done_callback(lambda _: running.pop(ticket, None))
        elif kind == "dropped":
            given_up = self._running.get(rest[0])
            if given_up is not None:
                given_up.cancel()


def _when_gone(turn: Turn, call: Callable[..., object], *args: object) -> None:
    """Calls it when the turn is collected; not at the end of the process."""
    finalizer: Any = weakref.finalize(turn, call, *args)
    finalizer.atexit = False


def _dropped(box: _bridge.Mailbox, key: int, running: dict[int, asyncio.Task[None]]) -> None:
    """The end of a turn that nobody holds any more, in whatever thread: its tools end too."""
    box.unregister(key)
    for task in list(running.values()):
        with suppress(RuntimeError):  # The loop is closed.
            task.get_loop().call_soon_threadsafe(task.cancel)


def _cancel_with(turn: weakref.ref[Turn]) -> Callable[[asyncio.Task[Any]], None]:
    """A task that asks and is then cancelled, wherever it waits, takes its turn with it."""

    def on_done(task: asyncio.Task[Any]) -> None:
        under_way = turn()
        if task.cancelled() and under_way is not None:
            under_way.cancel()

    return on_done


def _forget(task: weakref.ref[asyncio.Task[Any]], callback: Callable[..., object]) -> None:
    asked = task()
    if asked is not None:
        asked.remove_done_callback(callback)
