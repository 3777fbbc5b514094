"""Turns images and files of a message into attachments. Nothing is read before the memory guard allows it,
and no more than one request can carry."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
import os
import re
from collections.abc import Iterable
from typing import Any, Protocol

import astrbot.api.message_components as Comp
from astr_openclaw import MAX_ATTACHMENT_BYTES, Attachment

from .texts import say

#: Per turn, including those of quoted messages.
MAX_FILES = 8

#: How deep quotes of quotes are followed.
_DEPTH = 3

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

#: Media types by a file's name, the same on every machine: in the registry of Windows, Excel makes a csv file its own,
#: and only some have a list with Markdown in it.
_TYPES = mimetypes.MimeTypes()
for _ending, _type in ((".log", "text/plain"), (".md", "text/markdown"), (".markdown", "text/markdown")):
    _TYPES.add_type(_type, _ending)

_HAS_DRIVES = os.name == "nt"
_DRIVE = re.compile(r"/+[A-Za-z]:[\\/]")


class MemoryGuard(Protocol):
    """Decides whether attachments may be read."""

    async def check_heavy(self) -> None:
        """Raises a `Fault` if a heavy turn would be refused now."""


class NotAttachable(Exception):
    """An image or file that cannot be attached."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self._key = key
        self._values = values

    def text(self, locale: str) -> str:
        """The reason, for users."""
        return say(locale, self._key, **{"name": say(locale, "unnamed"), **self._values})


def _too_much() -> NotAttachable:
    # A new one each time: an exception keeps the frames that it passed through, and what was read in them.
    return NotAttachable("too_much_data", most=MAX_ATTACHMENT_BYTES >> 20)


def image_type(data: bytes) -> str:
    """The media type of an image, from its first bytes."""
    for start, media_type in _IMAGES:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


async def of_message(components: list[Any], guard: MemoryGuard) -> list[Attachment]:
    """The attachments of a message and of those it quotes, in order. Raises `NotAttachable`, `Fault`."""
    return await _read(_parts(components, _DEPTH), guard)


async def of_urls(urls: Iterable[Any], guard: MemoryGuard) -> list[Attachment]:
    """Images as AstrBot passes them to chat models: data URLs, base64, paths or links."""
    return await _read([_of_url(url) for url in urls if isinstance(url, str) and url], guard)


def any_in(components: list[Any]) -> bool:
    """Whether a message, or one it quotes, has attachments."""
    return bool(_parts(components, _DEPTH))


def _parts(components: Iterable[Any], depth: int) -> list[Any]:
    found: list[Any] = []
    for component in components:
        if isinstance(component, Comp.Reply) and depth:
            found += _parts(component.chain or [], depth - 1)
        elif isinstance(component, (Comp.Image, Comp.File, Comp.Video, Comp.Record)):
            found.append(component)
    return found


def _of_url(url: str) -> Any:
    if url.startswith("data:"):
        return Comp.Image(file="base64://" + url.partition(",")[2])
    if url.startswith("http"):
        return Comp.Image.fromURL(url)
    if url.startswith("base64://"):
        return Comp.Image(file=url)
    return Comp.Image.fromFileSystem(_path_of(url))


def _path_of(url: str) -> str:
    """The path of a file URL, in which AstrBot escapes nothing. A path stays as it is."""
    path = url.removeprefix("file://")
    # What stands before a drive belongs to the URL: file:///C:/a.png
    return path.lstrip("/") if _HAS_DRIVES and _DRIVE.match(path) else path


async def _read(parts: list[Any], guard: MemoryGuard) -> list[Attachment]:
    if not parts:
        return []
    if len(parts) > MAX_FILES:
        raise NotAttachable("too_many_files", most=MAX_FILES)
    await guard.check_heavy()
    found: list[Attachment] = []
    left = MAX_ATTACHMENT_BYTES
    for part in parts:
        found.append(await _attachment(part, left))
        left -= len(found[-1].data)
        if left < 0:
            raise _too_much()
    return found


async def _attachment(part: Any, left: int) -> Attachment:
    image = isinstance(part, Comp.Image)
    name = "" if image else getattr(part, "name", "") or ""
    source = str(getattr(part, "file", "") or "") if image else ""
    coded = source.removeprefix("base64://") if source.startswith("base64://") else ""
    if len(coded) // 4 * 3 > left:
        raise _too_much()
    path: Any = None
    try:
        if coded:
            data = base64.b64decode(coded)
            return Attachment(data, image_type(data))
        # Every platform has its own way to fail.
        path = await (part.get_file() if isinstance(part, Comp.File) else part.convert_to_file_path())
        attachment = await asyncio.to_thread(Attachment.from_path, path)
    except Exception as error:
        if image:
            raise NotAttachable("image_unreadable", why=type(error).__name__) from None
        why = type(error).__name__
        if path is not None and isinstance(error, ValueError):
            # From `from_path`, such as: too large. Users should see their file name, not AstrBot's path.
            why = str(error).replace(str(path), name or "…")
        raise NotAttachable("file_unreadable", why=why, **({"name": name} if name else {})) from None
    if image:
        return Attachment(attachment.data, image_type(attachment.data))
    # The path is AstrBot's temporary file; the name is the user's.
    media_type = attachment.media_type
    if media_type == "application/octet-stream" and name:
        media_type = _TYPES.guess_type(name)[0] or media_type
    return Attachment(attachment.data, media_type, name or attachment.filename)
