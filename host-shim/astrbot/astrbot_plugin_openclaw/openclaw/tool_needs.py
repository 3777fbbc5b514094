"""What a tool needs: a level, and perhaps an approval. The one place that decides it, for chat tasks and for
the chat model."""

from __future__ import annotations

from dataclasses import dataclass

from .settings import APPROVALS, Settings

#: The level that unlisted tools need.
_UNLISTED = "L2"


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


def _approval(names: tuple[str, ...], level: str, settings: Settings) -> str:
    """A name beats the level; with several entries the strictest wins."""
    listed = [settings.tool_approvals[name] for name in names if name in settings.tool_approvals]
    return max(listed, key=APPROVALS.index) if listed else settings.level_approvals.get(level, "none")
