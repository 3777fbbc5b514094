"""The Star's settings, from AstrBot's config page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .texts import say

try:
    from astr_openclaw import CONFIG_KEYS, LEVELS, SECRET_KEYS
except ImportError:  # `wheel_check` reports it; no turn can run.
    CONFIG_KEYS = LEVELS = SECRET_KEYS = ()

#: The plugin's name, also of its folder, data folder and web API.
PLUGIN = "astrbot_plugin_openclaw"

#: Groups of the config page whose keys all go to the module. At the top level, only `CONFIG_KEYS` do.
_GROUPS = ("limits", "timeouts")

#: Passed to the module even if empty, so that it reports what is missing.
_REQUIRED = ("gateway_primary_url", "gateway_bearer_token")

_UNSET: tuple[object, ...] = (None, "", [])

#: The memory floors in MiB, unless they are set; the config page has the same.
_FLOORS = {"heavy_floor_mib": 512, "read_only_floor_mib": 350}

#: Who can be required to approve a tool call, least strict first.
APPROVALS = ("none", "asker", "admin")

#: Who approves unless set otherwise: an admin, from L3 up.
_BY_LEVEL = {"L3": "admin", "L4": "admin"}


class Wrong(Exception):
    """An invalid setting: a text of the catalogue, and its values."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


def _words(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)):
        raise Wrong("not_a_list")
    return tuple(str(word).strip() for word in words if str(word).strip())


def _prefixes(value: Any) -> tuple[str, ...]:
    # AstrBot strips its own slash from messages, so a slash in the setting is ignored.
    return tuple(word for word in (word.lstrip("/") for word in _words(value)) if word) or ("助手",)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("not_a_text")
    return value.strip()


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("not_a_switch")
    return value


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong("not_one_of", allowed=allowed)
        return str(value)

    return read


def _number(least: float, most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not least <= value <= most:
            raise Wrong("not_a_number", least=least, most=most)
        return type(most)(value)

    return read


def _tool_levels(value: Any) -> dict[str, str]:
    """Turns lists of names per level into a level per name; the highest wins."""
    if not isinstance(value, Mapping):
        raise Wrong("not_by_level")
    if unknown := [level for level in value if level not in LEVELS]:
        raise Wrong("unknown_level", value=unknown[0], allowed=LEVELS)
    levels: dict[str, str] = {}
    for level in LEVELS:
        try:
            names = _words(value.get(level) or [])
        except Wrong as wrong:
            raise Wrong(wrong.text, key=f"tool_levels.{level}", value=value[level]) from None
        levels.update(dict.fromkeys(names, level))
    return levels


def _tool_approvals(value: Any) -> dict[str, str]:
    """Turns lists of names per approver into an approver per name; the strictest wins."""
    if not isinstance(value, Mapping) or not set(value) <= set(APPROVALS):
        raise Wrong("not_by_approval", allowed=APPROVALS)
    approvals: dict[str, str] = {}
    for approval in APPROVALS:
        try:
            names = _words(value.get(approval) or [])
        except Wrong as wrong:
            raise Wrong(wrong.text, key=f"tool_approvals.{approval}", value=value[approval]) from None
        approvals.update(dict.fromkeys(names, approval))
    return approvals


def _level_approvals(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Wrong("not_by_level_approval")
    approvals = dict(_BY_LEVEL)
    for level, approval in value.items():
        if level not in LEVELS:
            raise Wrong("unknown_level", value=level, allowed=LEVELS)
        if approval in _UNSET:
            continue
        if approval not in APPROVALS:
            raise Wrong("not_one_of", key=f"level_approvals.{level}", value=approval, allowed=APPROVALS)
        approvals[level] = approval
    return approvals


def _setting(read: Callable[[Any], Any], default: Any) -> Any:
    """A setting of the Star; its key is the field's name."""
    return field(default=default, metadata={"read": read})


@dataclass
class Settings:
    """What the user has set. Mistakes go into `problems` instead of being raised: the Star loads anyway."""

    module: dict[str, Any]  #: The config of the module `astr_openclaw`.
    problems: list[str]
    locale: str = _setting(_one_of("zh", "en"), "zh")
    prefix: tuple[str, ...] = _setting(_prefixes, ("助手",))
    users: tuple[str, ...] = _setting(_words, ())
    groups: tuple[str, ...] = _setting(_words, ())
    admin_platforms: tuple[str, ...] = _setting(_words, ())  #: Platforms whose admins count; empty for all.
    tell_refused: bool = _setting(_switch, False)
    user_level: str = _setting(_one_of(*LEVELS), "L1")
    admin_level: str = _setting(_one_of(*LEVELS), "L2")
    chat_level: str = _setting(_one_of(*LEVELS), "L2")
    streaming: str = _setting(_one_of("auto", "sentences", "off"), "auto")
    show_steps: bool = _setting(_switch, True)
    tools: bool = _setting(_switch, True)
    delegation: bool = _setting(_switch, True)  #: Whether AstrBot's own model may hand tasks to OpenClaw.
    astrbot_commands: tuple[str, ...] = _setting(_words, ())  #: AstrBot's commands that the model may run.
    computer_use: bool = _setting(_switch, False)  #: Whether AstrBot's computer use is offered.
    tool_levels: dict[str, str] = field(default_factory=dict, metadata={"read": _tool_levels})
    """Required level by tool name; unlisted tools need L2."""
    level_approvals: dict[str, str] = field(
        default_factory=lambda: dict(_BY_LEVEL), metadata={"read": _level_approvals}
    )
    """Who approves calls by the level that the tool needs; `none` for unlisted levels."""
    tool_approvals: dict[str, str] = field(default_factory=dict, metadata={"read": _tool_approvals})
    """Who approves calls by tool name; beats the level."""
    workspace: str = _setting(_text, "")  #: The folder where the gateway's agents make files; empty if not shared.
    tool_timeout_seconds: float = _setting(_number(1.0, 3600.0), 60.0)
    send_context: bool = _setting(_switch, True)  #: Whether the model is told who is talking.
    conversation_mode: bool = _setting(_switch, False)  #: Whether users may enter it.
    conversation_minutes: int = _setting(_number(1, 1440), 10)  #: Without a message, after which it ends.
    user_share: int = _setting(_number(1, 65), 3)  #: Running and queued turns per user.
    mask_secrets: bool = _setting(_switch, True)
    audit_max_kib: int = _setting(_number(16, 1 << 20), 1024)
    audit_files: int = _setting(_number(1, 100), 5)

    @classmethod
    def read(cls, config: object) -> Settings:
        """Reads AstrBot's config. Never raises."""
        settings = cls({}, [])
        if not isinstance(config, Mapping):
            settings.problems.append(say("zh", "not_a_config", value=type(config).__name__))
            config = {}
        for each in fields(cls):
            value = config.get(each.name)
            if "read" not in each.metadata or value in (None, ""):
                continue
            try:
                setattr(settings, each.name, each.metadata["read"](value))
            except Wrong as wrong:
                settings.problems.append(_problem(settings.locale, each.name, value, wrong))
        settings.module = {key: config.get(key) or "" for key in _REQUIRED}
        for part in (config, *(config.get(group) for group in _GROUPS)):
            if isinstance(part, Mapping):
                known = part.items() if part is not config else ((k, v) for k, v in part.items() if k in CONFIG_KEYS)
                settings.module.update({key: value for key, value in known if value not in _UNSET})
        settings.module["locale"] = settings.locale
        return settings

    def task_of(self, text: str) -> str | None:
        """The text after the prefix, line breaks included; None without the prefix."""
        text = text.strip()
        for word in self.prefix:
            if text == word or (text.startswith(word) and text[len(word)].isspace()):
                return text[len(word) :].strip()
        return None

    @property
    def places(self) -> int:
        """How many turns can run or wait at once."""
        return self._places("queue_length", 8)

    @property
    def background_places(self) -> int:
        """How many background turns can run or wait at once."""
        return self._places("background_length", 16)

    def _places(self, key: str, default: int) -> int:
        queue = self.module.get(key, default)
        return 1 + queue if isinstance(queue, int) else 1

    @property
    def floors(self) -> dict[str, int]:
        """MiB of available memory below which heavy tasks are refused and the level is at most L1, by key."""
        return {
            key: value if isinstance(value := self.module.get(key), int) else least for key, least in _FLOORS.items()
        }

    def secrets(self) -> tuple[str, ...]:
        """The configured tokens, which are masked in every outgoing text."""
        return tuple(str(self.module[key]) for key in SECRET_KEYS if self.module.get(key))


def _problem(locale: str, key: str, value: Any, wrong: Wrong) -> str:
    values = {"key": key, "value": value, **wrong.values}
    shown = repr(values["value"])
    values["value"] = shown if len(shown) <= 80 else shown[:80] + "…"
    if "allowed" in values:
        values["allowed"] = ("、" if locale == "zh" else ", ").join(values["allowed"])
    return say(locale, wrong.text, **values)
