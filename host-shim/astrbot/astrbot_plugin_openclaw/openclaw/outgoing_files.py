"""Files that the agent made, on their way to the chat of its task. They go as bytes: the platform's client may run in
another container, without a common disk."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import astrbot.api.message_components as Comp
from astr_openclaw import File
from astrbot.api import logger
from astrbot.api.event import MessageChain

from . import atomic_file, masking
from .printable import printable
from .settings import PLUGIN, Settings
from .texts import say

#: Shown as pictures.
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")

#: Beside `text/…`: what is searched for secrets.
_TEXTS = ("application/json", "application/xml", "image/svg+xml")

#: Characters that are searched at once, and those that two pieces share: the event loop must not wait for megabytes.
_PIECE, _SHARED = 1 << 16, 1 << 11

#: What no file of Windows can have in its name, which is where many chats save it; and the names of its devices, which
#: they are with an extension as well.
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)

#: Seconds for sending one file.
_SENDING = 120.0

#: What sends a message. False: the platform has refused it.
Deliver = Callable[[Any], Awaitable[Any]]


class _ByBytes(Comp.File):
    """A file on this disk, for platforms that AstrBot runs itself; for OneBot, whose client need not see this disk, its
    bytes."""

    async def to_dict(self) -> dict[str, Any]:
        data = await asyncio.to_thread(Path(str(self.file_)).read_bytes)
        content = "base64://" + base64.b64encode(data).decode()
        return {"type": "file", "data": {"name": self.name, "file": content}}


class OutgoingFiles:
    """Sends files to chats."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """`folder`: where they lie while they are sent."""
        self._settings = settings
        self._folder = folder

    async def clean(self) -> None:
        """Removes what a killed process has left."""

        def remove() -> None:
            for left in self._folder.glob("*"):
                with suppress(OSError):
                    left.unlink()

        await asyncio.to_thread(remove)

    async def send(self, files: Iterable[File], chat: str, deliver: Deliver) -> list[str]:
        """Sends them to a chat, one by one. A line for each that was not sent."""
        lines: list[str] = []
        for file in files:
            name = _named(file)
            if await asyncio.to_thread(self._has_secret, file, chat):
                lines.append(self._say("file_withheld", name=name))
                continue
            try:
                async with self._message(file, name) as message:
                    taken = await asyncio.wait_for(deliver(message), _SENDING) is not False
            except Exception as error:
                # Not the error's text: platforms quote what they were sent.
                logger.error(f"[{PLUGIN}] 文件无法发送到聊天：{type(error).__name__}")
                lines.append(self._say("file_not_sent", name=name, why=type(error).__name__))
            else:
                if not taken:
                    lines.append(self._say("file_not_sent", name=name, why=self._say("file_refused_by_platform")))
        return lines

    @asynccontextmanager
    async def _message(self, file: File, name: str) -> AsyncIterator[Any]:
        if file.media_type in _IMAGES:
            yield MessageChain([Comp.Image.fromBytes(file.data)])
            return
        path = self._folder / secrets.token_hex(8)
        try:
            await asyncio.to_thread(atomic_file.write_bytes, path, file.data)
            yield MessageChain([_ByBytes(name=name, file=str(path))])
        finally:
            with suppress(OSError):
                path.unlink()

    def _has_secret(self, file: File, chat: str) -> bool:
        """Whether it has something in it that replies to this chat are masked for. In pictures and other binary files
        only the configured tokens are found, and those only if they stand there as they are."""
        settings = self._settings
        if any(token.encode("utf-8", "replace") in file.data for token in settings.secrets()):
            return True
        if not (file.media_type.startswith("text/") or file.media_type in _TEXTS):
            return False
        text = printable(file.data.decode("utf-8", "replace"))
        pieces = (text[at : at + _PIECE + _SHARED] for at in range(0, len(text), _PIECE))
        return any(masking.for_chat(piece, chat, settings) != piece for piece in pieces)

    def _say(self, text: str, /, **values: object) -> str:
        return say(self._settings.locale, text, **values)


def _named(file: File) -> str:
    """Its name in one line, without a folder, and as every system can save it."""
    name = " ".join(_NOT_IN_NAMES.sub("_", printable(file.name)).split()).rstrip(". ")
    return f"_{name}" if _DEVICES.match(name) else name or "file"
