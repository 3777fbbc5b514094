"""Who may, and how far."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from .settings import Settings

#: Everyone, as an entry of the config.
_ALL = "*"

# AstrBot does not say to a chat model whose message it answers; it handles each in a task of its own.
_asking: ContextVar[Any] = ContextVar("astrbot_plugin_openclaw_asking", default=None)


def is_admin(event: Any, settings: Settings) -> bool:
    """An AstrBot admin. AstrBot compares ids without the platform; `admin_platforms` bounds it."""
    if not event.is_admin():
        return False
    return not settings.admin_platforms or str(event.get_platform_id()) in settings.admin_platforms


def may_ask(event: Any, settings: Settings) -> bool:
    """AstrBot's admins and the configured users; in a group only if it is listed."""
    group, origin = event.get_group_id(), str(event.unified_msg_origin)
    sender = str(event.get_sender_id())
    if not (is_admin(event, settings) or _listed(event, sender, "" if group else origin, settings.users)):
        return False
    return not group or _listed(event, str(group), origin, settings.groups)


def _listed(event: Any, name: str, origin: str, entries: tuple[str, ...]) -> bool:
    """Whether an id is among the entries. `platform:id` and `platform:*` are for one platform, as is
    the whole origin of a chat; `id` and `*` are for all."""
    platform = str(event.get_platform_id())
    names = {_ALL, f"{platform}:{_ALL}", f"{platform}:{name}", origin or _ALL}
    # An id that looks like `platform:id` must not pass for another platform's. (Matrix has colons
    # too, but its ids begin with a sign that no platform's does.)
    if ":" not in name or name[0] in "@!#":
        names.add(name)
    return not names.isdisjoint(entries)


def unbound(settings: Settings, platforms: list[str]) -> list[str]:
    """The entries that match on more than one platform."""
    if len(platforms) < 2:
        return []
    entries = {*settings.users, *settings.groups}
    return sorted(e for e in entries if e != _ALL and not any(e.startswith(f"{p}:") for p in platforms))


def level_of(event: Any, settings: Settings) -> str:
    """The level that this sender's turns ask for; who may not use the commands only talks."""
    if not may_ask(event, settings):
        return "L0"
    return settings.admin_level if is_admin(event, settings) else settings.user_level


def asks(event: Any) -> None:
    """Says whose message this task answers."""
    _asking.set(event)


def _asking_in(chat: str) -> Any:
    """The message that this task answers, or None if that is not known. `chat`: for which a model is
    asked, empty if AstrBot does not say (its sub-agents); another chat's message says nothing about it."""
    event = _asking.get()
    return event if event is not None and chat in ("", str(event.unified_msg_origin)) else None


def chat_asker(chat: str, settings: Settings) -> tuple[str | None, bool]:
    """Whose share of the queue the chat model's turn takes, and whether it is an admin's."""
    event = _asking_in(chat)
    return (asker(event), is_admin(event, settings)) if event is not None else (None, False)


def chat_level(chat: str, settings: Settings) -> str:
    """The level at which the chat model answers: the sender's, at most `chat_level`. What nobody asks
    only talks."""
    event = _asking_in(chat)
    level = level_of(event, settings) if event is not None else "L0"
    return min(level, settings.chat_level)  # Their names are in the levels' order.


def asker(event: Any) -> str:
    """Who asks, on which platform."""
    return f"{event.get_platform_id()}:{event.get_sender_id()}"


def session_of(chat: str, level: str) -> str:
    """The name of a chat's session. A group has one for each level, so that who may do less cannot
    prepare or reset what a higher level goes on with."""
    return chat if is_private(chat) else f"{chat}@{level}"


def is_private(chat: str | None) -> bool:
    """Whether a chat, by its origin, is between one user and the bot."""
    parts = (chat or "").split(":")
    return len(parts) >= 3 and parts[1] == "FriendMessage"
