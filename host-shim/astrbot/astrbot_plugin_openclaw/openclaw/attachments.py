"""Images and files of a message, as attachments of a turn."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from typing import Any

import astrbot.api.message_components as Comp
from astr_openclaw import Attachment

from .texts import say

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class NotAttachable(Exception):
    """A part of the message that cannot be had."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self._key = key
        self._values = values

    def text(self, locale: str) -> str:
        """Which one and why."""
        return say(locale, self._key, **{"name": say(locale, "unnamed"), **self._values})


def image_type(data: bytes) -> str:
    """The media type of an image, by its first bytes."""
    for start, media_type in _IMAGES:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


async def of_message(components: list[Any]) -> list[Attachment]:
    """The attachments of a message and of the one that it quotes, in order."""
    found: list[Attachment] = []
    for component in components:
        if isinstance(component, Comp.Reply):
            found += await of_message(list(component.chain or []))
        elif isinstance(component, Comp.Image):
            found.append(await _image(component))
        elif isinstance(component, (Comp.File, Comp.Video, Comp.Record)):
            found.append(await _file(component))
    return found


async def _image(component: Any) -> Attachment:
    try:
        data = base64.b64decode(await component.convert_to_base64())
    except Exception as error:  # Downloads fail in as many ways as there are platforms.
        raise NotAttachable("image_unreadable", why=type(error).__name__) from None
    return Attachment(data, image_type(data))


async def _file(component: Any) -> Attachment:
    name = getattr(component, "name", "") or ""
    path: str | None = None
    try:
        if isinstance(component, Comp.File):
            path = await component.get_file()
        else:
            path = await component.convert_to_file_path()
        attachment = await asyncio.to_thread(Attachment.from_path, path)
    except Exception as error:
        why = type(error).__name__
        if path is not None and isinstance(error, ValueError):
            # What `from_path` says, such as that it is too large; the path is AstrBot's own affair.
            why = str(error).replace(str(path), name or "…")
        named = {"name": name} if name else {}
        raise NotAttachable("file_unreadable", why=why, **named) from None
    # The path is AstrBot's temporary one; the name is what the user sent.
    media_type = attachment.media_type
    if media_type == "application/octet-stream" and name:
        media_type = mimetypes.guess_type(name)[0] or media_type
    return Attachment(attachment.data, media_type, name or attachment.filename)


async def of_urls(urls: list[str]) -> list[Attachment]:
    """Images as AstrBot gives them to chat models: data URLs, base64, paths or links."""
    found = []
    for url in urls:
        if url.startswith("data:"):
            try:
                data = base64.b64decode(url.partition(",")[2])
            except ValueError as error:
                raise NotAttachable("image_unreadable", why=type(error).__name__) from None
            found.append(Attachment(data, image_type(data)))
        elif url.startswith("http"):
            found.append(await _image(Comp.Image.fromURL(url)))
        elif url.startswith("base64://"):
            found.append(await _image(Comp.Image(file=url)))
        else:
            found.append(await _image(Comp.Image.fromFileSystem(url.removeprefix("file://"))))
    return found
