"""Who is talking, and what they quote. The component marks it as untrusted data for the model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import astrbot.api.message_components as Comp
from astr_openclaw import Quote, TurnContext

from . import access
from .settings import Settings

#: Seconds for a question to the platform, whose answer is nice to have.
_LIMIT = 3.0

#: How many groups' names are remembered, and for how many seconds; shorter where there was none.
_GROUPS, _KNOWN, _UNKNOWN = 500, 3600.0, 300.0

#: AstrBot's name of a group without one.
_NO_NAME = "N/A"

# By platform and group: the name, and until when it holds.
_names: dict[tuple[str, str], tuple[str, float]] = {}


async def of_event(event: Any, settings: Settings, *, quoted: Quote | None = None) -> TurnContext | None:
    """Who sent a message, where, and what it quotes; None if the settings keep it back. `quoted`: the quote,
    if AstrBot has already read it."""
    if event is None or not settings.send_context:
        return None
    return TurnContext(
        platform=_text(event.get_platform_name()),
        sender_id=_text(event.get_sender_id()),
        sender_name=_text(event.get_sender_name()),
        group_name=await _group_name(event),
        is_admin=access.is_admin(event, settings),
        quoted=quoted or await _quote(event),
    )


def quote_sender(event: Any) -> str:
    """Who wrote the quoted message; empty if unknown."""
    reply = _reply(event)
    return _text(getattr(reply, "sender_nickname", None))


def _reply(event: Any) -> Any:
    return next((part for part in event.get_messages() if isinstance(part, Comp.Reply)), None)


async def _quote(event: Any) -> Quote | None:
    """The quoted message, if it has text. Its pictures are not fetched for this."""
    reply = _reply(event)
    if reply is None:
        return None
    text = _text(getattr(reply, "message_str", None))
    if not text:
        try:
            from astrbot.core.utils.quoted_message import extract_quoted_message_text
        except ImportError:  # Older versions.
            return None
        # Forwarded messages are fetched from the platform.
        text = _text(await _bounded(lambda: extract_quoted_message_text(event, reply)))
    return Quote(sender=quote_sender(event), text=text) if text else None


async def _group_name(event: Any) -> str:
    """The name of the message's group; empty in private chats, or if the platform does not tell."""
    group = str(event.get_group_id() or "")
    if not group:
        return ""
    if name := _named(getattr(event.message_obj, "group", None)):
        return name
    key, now = (str(event.get_platform_id()), group), time.monotonic()
    name, until = _names.pop(key, ("", 0.0))
    if now >= until:
        name = await _asked(event, group)
        until = now + (_KNOWN if name else _UNKNOWN)
    # At the end, so that the one that was not needed for longest is first.
    _names[key] = (name, until)
    while len(_names) > _GROUPS:
        del _names[next(iter(_names))]
    return name


async def _asked(event: Any, group: str) -> str:
    """The group's name, from the platform."""
    bot: Any = getattr(event, "bot", None)
    if hasattr(bot, "call_action") and group.isdigit():
        # On OneBot, AstrBot's own question would list every member.
        info = await _bounded(lambda: bot.call_action("get_group_info", group_id=int(group)))
        return _text(info.get("group_name")) if isinstance(info, dict) else ""
    return _named(await _bounded(event.get_group))


def _named(group: Any) -> str:
    name = _text(getattr(group, "group_name", None))
    return "" if name == _NO_NAME else name


async def _bounded(question: Callable[[], Awaitable[Any]]) -> Any:
    """What it gives; None if that fails or takes too long."""
    try:
        return await asyncio.wait_for(question(), _LIMIT)
    except Exception:  # Platforms raise anything. The turn does not need the answer.
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
