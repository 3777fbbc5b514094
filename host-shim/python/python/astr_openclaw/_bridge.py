"""What Rust threads have for an event loop, and how it gets there.

No Rust thread touches Python. It puts what it has into a queue and writes a byte into a socket;
the loop (``add_reader``) or, on loops that cannot watch a socket, a small Python thread sees the
byte, and the queue is drained on the loop's own thread.
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


class Mailbox:
    """What comes in for one event loop. Use `mailbox` to get the running loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._reader, writer = socket.socketpair()
        # The native half has a duplicate of the writing end: closed when it goes, so that a
        # thread that reads the other end sees the end too.
        self.native = _native.Mailbox(writer.fileno())
        writer.close()
        # With the loop and not with this object, which turns hold: what nobody reads any more must
        # not be waited for. Closed, so that nothing is left for the garbage collector to find.
        weakref.finalize(loop, _close, self._reader, self.native, os.getpid())
        self._keys = itertools.count(1)
        self._handlers: dict[int, Callable[..., None]] = {}
        self._reader.setblocking(False)
        try:
            loop.add_reader(self._reader.fileno(), self._on_readable)
        except NotImplementedError:
            self._reader.setblocking(True)
            threading.Thread(
                target=_pump,
                args=(self._reader, weakref.WeakMethod(self._drain), self._loop),
                name="astr_openclaw-wake-up",
                daemon=True,
            ).start()

    def register(self, handler: Callable[..., None]) -> int:
        """A new key; `handler` is called with the rest of each item that comes for it."""
        key = next(self._keys)
        self._handlers[key] = handler
        return key

    def unregister(self, key: int) -> None:
        """Items for this key are dropped from now on."""
        self._handlers.pop(key, None)

    def _on_readable(self) -> None:
        with suppress(BlockingIOError, InterruptedError):
            self._reader.recv(4096)
        self._drain()

    def _drain(self) -> None:
        for kind, key, *rest in self.native.drain():
            handler = self._handlers.get(key)
            if handler is not None:
                handler(kind, *rest)


def _close(reader: socket.socket, native: Any, process: int) -> None:
    if os.getpid() == process:  # Otherwise the socket is the parent's too.
        native.close()
        with suppress(OSError):
            reader.shutdown(socket.SHUT_RDWR)  # Wakes the thread that reads it, if there is one.
    reader.close()


def _pump(
    reader: socket.socket, drain: weakref.WeakMethod[Callable[[], None]], loop: weakref.ref[asyncio.AbstractEventLoop]
) -> None:
    """Wakes a loop that cannot watch a socket. Holds neither the loop nor its mailbox."""
    with reader, suppress(OSError):  # Closed by `_close` meanwhile.
        while reader.recv(4096):
            target, on_loop = drain(), loop()
            if target is None or on_loop is None:
                return
            try:
                on_loop.call_soon_threadsafe(target)
            except RuntimeError:  # The loop is closed.
                return
            del target, on_loop


# One for each loop. A child after a fork gets its own: it shares the parent's socket.
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
    """Awaits a native operation. Cancelling gives it up."""
    box = mailbox()
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def on_item(_kind: str) -> None:
        if future.done():
            return
        try:
            result = operation.poll()
        except BaseException as error:  # Whatever it raises belongs to whoever awaits.
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
