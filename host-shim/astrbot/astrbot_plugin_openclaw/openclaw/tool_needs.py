"""What a tool needs: a level, and perhaps an approval. The one place that decides it, for chat tasks and for
the chat model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .settings import APPROVALS, Settings

#: The level that unlisted tools need.
_UNLISTED = "L2"

#: AstrBot's own tools that reach beyond the chat: they send any file of the host to any chat, or schedule agents
#: that nobody watches. By AstrBot's names, of all versions.
_FAR_REACHING = {"send_message_to_user", "future_task", "create_future_task", "delete_future_task", "list_future_tasks"}

#: Prefix of those that hand over to a sub-agent, which gets all of AstrBot's computer use.
_HANDS_OVER = "transfer_to_"


@dataclass(frozen=True)
class Needs:
    """What the component demands before it runs a tool."""

    level: str  #: `L0` to `L4`.
    approval: str  #: `none`, `asker` or `admin`.


def needs(names: tuple[str, ...], settings: Settings, *, default: str = _UNLISTED, least: str = "L0") -> Needs:
    """What a tool needs. `names`: what the settings may call it; with several entries the highest level wins.
    `default`: its level if the settings do not list it. `least`: a level that the settings cannot lower."""
    listed = [settings.tool_levels[name] for name in names if name in settings.tool_levels]
    level = max(*(listed or [default]), least)  # Level names sort by level.
    return Needs(level, _approval(names, level, settings))


def reaches_far(name: str, tool: Any = None) -> bool:
    """Whether this is one of AstrBot's own tools that need L4. `tool` may be missing."""
    hands_over = any(kind.__name__ == "HandoffTool" for kind in type(tool).__mro__)
    return hands_over or name in _FAR_REACHING or name.startswith(_HANDS_OVER)


def _approval(names: tuple[str, ...], level: str, settings: Settings) -> str:
    """A name beats the level; with several entries the strictest wins."""
    listed = [settings.tool_approvals[name] for name in names if name in settings.tool_approvals]
    return max(listed, key=APPROVALS.index) if listed else settings.level_approvals.get(level, "none")
