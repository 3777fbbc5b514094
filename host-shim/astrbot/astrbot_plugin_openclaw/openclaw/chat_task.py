"""A chat task, from the question to its last message."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from astr_openclaw import File, Turn


class ChatTask:
    """A turn and the messages it sends. `stop` ends both at once."""

    def __init__(self, turn: Turn, asker: str) -> None:
        self.turn = turn
        self.asker = asker
        self.files: list[File] = []  #: What the agent has sent so far.
        self._stopped = asyncio.Event()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Cancels the turn; nothing more is sent."""
        self.turn.cancel()
        self._stopped.set()

    def took(self, piece: object) -> bool:
        """Keeps a file for after the answer; whether it is one."""
        if isinstance(piece, File):
            self.files.append(piece)
        return isinstance(piece, File)

    async def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs `work` until it ends or the task is stopped. A sender that ignores its cancellation is not
        waited for."""
        if self.stopped:
            work.close()
            return
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            stop.cancel()
            if not task.done():
                task.cancel()
                task.add_done_callback(_forget)

    async def pause(self, seconds: float) -> None:
        """Sleeps, at most until the task is stopped."""
        with suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()  # Mark it as retrieved.
