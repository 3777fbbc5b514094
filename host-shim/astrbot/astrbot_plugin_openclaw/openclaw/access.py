"""Who may use the assistant, and at which level."""

from __future__ import annotations

import asyncio
import copy
from contextvars import ContextVar
from typing import Any

from .settings import Settings

#: Matches everyone in the lists of users and groups.
_ALL = "*"

# AstrBot does not tell a chat model whose message it answers, but handles each message in its own task. What that
# leaves behind, such as a scheduled job, copies its context, so the task is kept too.
_asking: ContextVar[tuple[Any, asyncio.Task[Any] | None]] = ContextVar(
    "astrbot_plugin_openclaw_asking", default=(None, None)
)


def is_admin(event: Any, settings: Settings) -> bool:
    """Whether the sender is an AstrBot admin. AstrBot ignores the platform of an id; `admin_platforms`
    restricts it."""
    if not event.is_admin():
        return False
    return not settings.admin_platforms or str(event.get_platform_id()) in settings.admin_platforms


def is_from_bot(event: Any) -> bool:
    """Whether the bot itself has sent the message: some platforms hand those back."""
    return str(event.get_self_id() or "") == str(event.get_sender_id()) != ""


def as_counted(event: Any, settings: Settings) -> Any:
    """The event, or a copy without AstrBot's admin role for a sender who does not count as an admin here."""
    return without_admin(event) if event.is_admin() and not is_admin(event, settings) else event


def without_admin(event: Any) -> Any:
    """A copy of the event whose sender is no admin any more."""
    event = copy.copy(event)
    event.role = "member"
    return event


def role_of(event: Any, asker_id: str, settings: Settings) -> str:
    """What the sender is to a turn of `asker_id`, for its approvals: `admin`, `asker` or `other`."""
    if is_admin(event, settings):
        return "admin"
    return "asker" if asker(event) == asker_id else "other"


def may_ask(event: Any, settings: Settings) -> bool:
    """Whether the sender is an admin or a listed user and, in a group, the group is listed too."""
    group, origin = _group(event), str(event.unified_msg_origin)
    sender = str(event.get_sender_id())
    if not (is_admin(event, settings) or _listed(event, sender, "" if group else origin, settings.users)):
        return False
    return not group or _listed(event, group, origin, settings.groups)


def _group(event: Any) -> str:
    """The id of the group that a message was written in; empty in a private chat. Those of AstrBot's scheduled jobs name
    it only in their origin."""
    kind, _, chat = str(event.unified_msg_origin).partition(":")[2].partition(":")
    return str(event.get_group_id() or "") or (chat if kind == "GroupMessage" else "")


def _listed(event: Any, name: str, origin: str, entries: tuple[str, ...]) -> bool:
    """Whether the entries match an id. `platform:id`, `platform:*` and a full chat origin match on one
    platform; `id` and `*` match on all."""
    platform = str(event.get_platform_id())
    names = {_ALL, f"{platform}:{_ALL}", f"{platform}:{name}", origin or _ALL}
    # An id that contains a colon must not pass for another platform's `platform:id`. Matrix ids contain
    # colons too, but start with a character that no platform name starts with.
    if ":" not in name or name[0] in "@!#":
        names.add(name)
    return not names.isdisjoint(entries)


def unbound(settings: Settings, platforms: list[str]) -> list[str]:
    """The entries that match on several platforms."""
    if len(platforms) < 2:
        return []
    entries = {*settings.users, *settings.groups}
    return sorted(e for e in entries if e != _ALL and not any(e.startswith(f"{p}:") for p in platforms))


def level_of(event: Any, settings: Settings) -> str:
    """The level requested for this sender's turns: L0 for those who may not use the commands."""
    if not may_ask(event, settings):
        return "L0"
    return settings.admin_level if is_admin(event, settings) else settings.user_level


def asks(event: Any) -> None:
    """Records whose message this task answers, until it ends."""
    _asking.set((event, asyncio.current_task()))


def asking_in(chat: str) -> Any:
    """The message that this task answers; None if unknown. `chat`: the chat that the model is called for,
    empty for AstrBot's sub-agents. A message from another chat does not count, nor one that has been dealt with."""
    event, task = _asking.get()
    if task is None or task.done():
        return None
    return event if chat in ("", str(event.unified_msg_origin)) else None


def chat_asker(chat: str, settings: Settings) -> tuple[str | None, bool]:
    """Whose quota a turn of the chat model counts against, and whether that is an admin."""
    event = asking_in(chat)
    return (asker(event), is_admin(event, settings)) if event is not None else (None, False)


def chat_level(chat: str, settings: Settings) -> str:
    """The level of a turn of the chat model: the sender's, capped by `chat_level`; L0 without a sender."""
    event = asking_in(chat)
    level = level_of(event, settings) if event is not None else "L0"
    return min(level, settings.chat_level)  # Level names sort by level.


def asker(event: Any) -> str:
    """The sender, as `platform:id`."""
    return f"{event.get_platform_id()}:{event.get_sender_id()}"


def place(event: Any) -> str:
    """Where a message was written: those who read it there read the answer too. With AstrBot's session isolation
    each member of a group has an origin of their own, but they all share this."""
    group = event.get_group_id()
    return f"{event.get_platform_id()}:GroupMessage:{group}" if group else str(event.unified_msg_origin)


def session_of(chat: str, level: str) -> str:
    """The name of a chat's session. A group has one per level: members with a lower level must not
    be able to prepare or reset the session of a higher one."""
    return chat if is_private(chat) else f"{chat}@{level}"


def is_private(chat: str | None) -> bool:
    """Whether the origin is a private chat."""
    parts = (chat or "").split(":")
    return len(parts) >= 3 and parts[1] == "FriendMessage"
