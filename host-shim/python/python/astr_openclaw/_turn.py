"""A running turn."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from . import _bridge
from ._approval import run_approve
from ._json import decode
from ._tool import run_tool
from .errors import Fault
from .types import ApprovalRequest, Approve, Event, Reply, Tool, event_of

#: Events taken at once: enough to be fast, few enough not to block the loop.
_BATCH = 64


class Turn(AsyncIterator[Event]):
    """A running turn: iterate over its events, await its `reply`, or both, in the event loop that started it.
    From elsewhere only `cancel` works; awaiting raises `RuntimeError`.

    Cancelling the task that waits for it, `cancel`, `aclose`, leaving an ``async with`` and dropping the
    last reference all end the turn and close its connection. Unread events do not block the turn: text is
    joined, and beyond some megabytes only its beginning is kept; the reply has the whole text.
    """

    def __init__(
        self, ask: Callable[[_bridge.Mailbox, int], Any], tools: Iterable[Tool], approve: Approve | None
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._approve = approve
        self._running: dict[int, asyncio.Task[None]] = {}
        self._events: deque[str | bytes | tuple[str, str, bytes]] = deque()
        self._end: Reply | dict[str, Any] | None = None
        self._told = False
        self._cancelled = False
        self._waiter: asyncio.Future[None] | None = None
        self._loop = weakref.ref(asyncio.get_running_loop())
        self._box = _bridge.mailbox()
        # The mailbox must not keep an abandoned turn alive.
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
            # Callbacks must not pile up on a task that asks repeatedly.
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
        """Ends the turn with the fault ``cancelled``. No effect once it has ended."""
        self._cancelled = True
        self._native.cancel()

    async def aclose(self) -> None:
        """Cancels the turn unless it has ended, and waits for its end."""
        self.cancel()
        while not self.ended:
            await self._more()
            self._events.clear()

    async def reply(self) -> Reply:
        """The turn's result; unread events are dropped. Raises `Fault`."""
        while not self.ended:
            await self._more()
            self._events.clear()
        return self._result()

    def __aiter__(self) -> Turn:
        return self

    async def __anext__(self) -> Event:
        """The next event. The iteration ends with the turn; if that failed, it first raises the `Fault` once,
        while `reply` raises it every time."""
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
        """Waits for an event or the end."""
        if asyncio.get_running_loop() is not self._loop():
            # Nothing would wake a future of this loop.
            raise RuntimeError("this turn was asked in another event loop; await it there")
        if self._waiter is not None:
            raise RuntimeError("another task is already waiting for this turn")
        while True:
            self._take()
            if self._events or self._end is not None:
                return
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            self._box.waiting().add(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self.cancel()
                raise
            finally:
                self._waiter = None
                self._box.waiting().discard(waiter)

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
        elif kind == "dropped":
            given_up = self._running.get(rest[0])
            if given_up is not None:
                given_up.cancel()
        elif self._cancelled:
            pass  # Asked before the native half knew. Without an answer a tool has failed, and an approval is a no.
        elif kind == "tool":
            ticket, name, arguments, answer = rest
            self._start(ticket, run_tool(self._tools.get(name), name, arguments, answer))
        elif kind == "approval":
            ticket, text, answer = rest
            request: ApprovalRequest = decode(ApprovalRequest, json.loads(text))
            self._start(ticket, run_approve(self._approve, request, answer))

    def _start(self, ticket: int, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        # The task must not keep the turn alive.
        running = self._running
        running[ticket] = task
        task.add_done_callback(lambda _: running.pop(ticket, None))


def _when_gone(turn: Turn, call: Callable[..., object], *args: object) -> None:
    """Calls `call` when the turn is collected, but not at interpreter exit."""
    finalizer: Any = weakref.finalize(turn, call, *args)
    finalizer.atexit = False


def _dropped(box: _bridge.Mailbox, key: int, running: dict[int, asyncio.Task[None]]) -> None:
    """Ends the tools and questions of a collected turn; runs in any thread."""
    box.unregister(key)
    for task in list(running.values()):
        with suppress(RuntimeError):  # The loop is closed.
            task.get_loop().call_soon_threadsafe(task.cancel)


def _cancel_with(turn: weakref.ref[Turn]) -> Callable[[asyncio.Task[Any]], None]:
    """Cancels the turn if the task that started it is cancelled, wherever that waits."""

    def on_done(task: asyncio.Task[Any]) -> None:
        under_way = turn()
        if task.cancelled() and under_way is not None:
            under_way.cancel()

    return on_done


def _forget(task: weakref.ref[asyncio.Task[Any]], callback: Callable[..., object]) -> None:
    asked = task()
    if asked is not None:
        asked.remove_done_callback(callback)
