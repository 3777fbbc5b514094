"""Carries results from Rust threads to an event loop.

No Rust thread touches Python. It puts an item into a queue and writes a byte to a socket. The loop
(``add_reader``), or a small Python thread for loops that cannot watch a socket, sees the byte, and the
loop's own thread drains the queue.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import _native

#: Seconds after which a timer that only holds something would be due: never.
_NEVER = 1e9


class Waiting(set["asyncio.Future[Any]"]):
    """Futures that tasks wait for. Only the event loop holds this set, and with it those tasks: callers such as
    AstrBot start tasks that they do not hold, and a waiting one would be collected, with its turn."""


class Mailbox:
    """The items for one event loop. `mailbox` returns the running loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._reader, writer = socket.socketpair()
        # The native half duplicates the writing end and closes it with itself, so that a thread that reads
        # the other end notices.
        self.native = _native.Mailbox(writer.fileno())
        writer.close()
        # Tied to the loop, not to this object, which turns keep alive: nobody must wait for items that are
        # never read. Closed explicitly, so that no socket is left to the garbage collector.
        weakref.finalize(loop, _close, self._reader, self.native, os.getpid())
        self._keys = itertools.count(1)
        self._handlers: dict[int, Callable[..., None]] = {}
        waiting = Waiting()
        # Futures keep their loop, and `_mailboxes` keeps this object: held here, they would outlive a closed loop.
        self._waiting = weakref.ref(waiting)
        self._reader.setblocking(False)
        try:
            loop.add_reader(self._reader.fileno(), self._on_readable, waiting)
        except NotImplementedError:
            loop.call_later(_NEVER, len, waiting)
            self._reader.setblocking(True)
            threading.Thread(
                target=_pump,
                args=(self._reader, weakref.WeakMethod(self._drain), self._loop),
                name="astr_openclaw-wake-up",
                daemon=True,
            ).start()

    def register(self, handler: Callable[..., None]) -> int:
        """A new key; `handler` is called with the rest of each of its items."""
        key = next(self._keys)
        self._handlers[key] = handler
        return key

    def unregister(self, key: int) -> None:
        """Drops further items for this key."""
        self._handlers.pop(key, None)

    def waiting(self) -> Waiting:
        """Where to put a future while a task waits for it. Empty, and held by nothing, if the loop is closed."""
        waiting = self._waiting()
        return Waiting() if waiting is None else waiting

    def _on_readable(self, _: Waiting) -> None:
        with suppress(BlockingIOError, InterruptedError):
            self._reader.recv(4096)
        self._drain()

    def _drain(self) -> None:
        for kind, key, *rest in self.native.drain():
            handler = self._handlers.get(key)
            if handler is not None:
                handler(kind, *rest)


def _close(reader: socket.socket, native: Any, process: int) -> None:
    if os.getpid() == process:  # Otherwise the parent still uses the socket.
        native.close()
        with suppress(OSError):
            reader.shutdown(socket.SHUT_RDWR)  # Wakes the reading thread, if any.
    reader.close()


def _pump(
    reader: socket.socket, drain: weakref.WeakMethod[Callable[[], None]], loop: weakref.ref[asyncio.AbstractEventLoop]
) -> None:
    """Wakes a loop that cannot watch a socket. Keeps neither the loop nor its mailbox alive."""
    with reader, suppress(OSError):  # `_close` was faster.
        while reader.recv(4096):
            target, on_loop = drain(), loop()
            if target is None or on_loop is None:
                return
            try:
                on_loop.call_soon_threadsafe(target)
            except RuntimeError:  # The loop is closed.
                return
            del target, on_loop


# One per loop, and per process: after a fork the child shares the parent's socket.
_mailboxes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[int, Mailbox]] = weakref.WeakKeyDictionary()


def mailbox() -> Mailbox:
    """The running loop's mailbox."""
    loop = asyncio.get_running_loop()
    process = os.getpid()
    entry = _mailboxes.get(loop)
    if entry is None or entry[0] != process:
        entry = _mailboxes[loop] = (process, Mailbox(loop))
    return entry[1]


async def run(operation: Any) -> Any:
    """Awaits a native operation. Cancelling drops it."""
    box = mailbox()
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def on_item(_kind: str) -> None:
        if future.done():
            return
        try:
            result = operation.poll()
        except BaseException as error:  # For whoever awaits.
            future.set_exception(error)
        else:
            if result is not None:
                future.set_result(result[0])

    key = box.register(on_item)
    operation.attach(box.native, key)
    on_item("ready")
    try:
        return await future
    finally:
        box.unregister(key)
        if not future.done() or future.cancelled():
            operation.drop()
