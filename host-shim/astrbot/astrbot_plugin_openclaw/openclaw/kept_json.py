"""A small JSON file that is written off the event loop, in order."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import atomic_file


class KeptJson:
    """The newest value wins: changes that come while a write is under way are stored together by the next one."""

    def __init__(self, path: Path, value: Callable[[], Any]) -> None:
        """`value`: what is to be stored now."""
        self._path = path
        self._value = value
        self._writing = asyncio.Lock()
        self._changed = 0
        self._stored = 0
        self._closed = False

    async def store(self) -> None:
        """Returns once the value of this moment, or a newer one, is on the disk. Raises OSError, also
        once closed."""
        if self._closed:
            raise OSError(errno.EBADF, "the file is closed")
        self._changed += 1
        # Whoever waits may be cancelled: the next write must not begin before this one has ended.
        await asyncio.shield(self._write(self._changed))

    async def _write(self, wanted: int) -> None:
        async with self._writing:
            if self._stored < wanted:
                newest = self._changed
                await asyncio.to_thread(atomic_file.write_json, self._path, self._value())
                self._stored = newest

    async def close(self) -> None:
        """Waits until everything is stored. Nothing is stored after it: there may be a next life already."""
        self._closed = True
        await self._write(self._changed)
