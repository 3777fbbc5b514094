"""Who may."""

from __future__ import annotations

from typing import Any

from .settings import Settings


def is_admin(event: Any) -> bool:
    """An AstrBot admin."""
    return bool(event.is_admin())


def may_ask(event: Any, settings: Settings) -> bool:
    """AstrBot's admins and the configured users; in a group only if it is listed. `*` is all."""
    sender = str(event.get_sender_id())
    if not (is_admin(event) or sender in settings.users or "*" in settings.users):
        return False
    group = event.get_group_id()
    if not group:
        return True
    names = {str(group), str(event.unified_msg_origin), "*"}
    return bool(names & settings.groups)


def level_of(event: Any, settings: Settings) -> str:
    """The level that a turn of this sender asks for."""
    return settings.admin_level if is_admin(event) else settings.user_level
