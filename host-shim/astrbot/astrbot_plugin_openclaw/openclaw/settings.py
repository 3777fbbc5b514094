"""The plugin's settings, as AstrBot's config page gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The plugin's name: of its folder, its data folder and its web API.
PLUGIN = "astrbot_plugin_openclaw"

_LEVELS = ("L0", "L1", "L2", "L3", "L4")

#: Keys that go to the module as they are, if they are set. Empty texts and None mean "not set".
_PASSED_ON = (
    "gateway_primary_url",
    "gateway_bearer_token",
    "gateway_agent_id",
    "gateway_backup_url",
    "gateway_backup_bearer_token",
    "max_level",
)

#: The groups of the config page whose keys go to the module too.
_GROUPS = ("limits", "timeouts")


@dataclass
class Settings:
    """What the user has set. `problems` are told, never raised: the Star loads all the same."""

    module: dict[str, Any]
    """The config of the module `astr_openclaw`."""
    prefixes: tuple[str, ...] = ("助手",)
    locale: str = "zh"
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    tell_refused: bool = False
    user_level: str = "L1"
    admin_level: str = "L2"
    chat_level: str = "L2"
    streaming: str = "auto"
    show_steps: bool = True
    tools: bool = True
    tool_levels: dict[str, str] = field(default_factory=dict)
    """The level that a tool needs, by name; those not listed need L2."""
    tool_timeout: float = 60.0
    mask_secrets: bool = True
    audit_bytes: int = 1 << 20
    audit_files: int = 5
    problems: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Settings:
        """From AstrBot's config. Never raises."""
        problems: list[str] = []
        module = {key: config[key] for key in _PASSED_ON if config.get(key) not in (None, "")}
        for group in _GROUPS:
            values = config.get(group)
            if isinstance(values, Mapping):
                module.update({k: v for k, v in values.items() if v not in (None, "", [])})
        # Present even if empty, so that the module says what is missing.
        for key in ("gateway_primary_url", "gateway_bearer_token"):
            module.setdefault(key, config.get(key) or "")
        locale = _choice(config, "locale", ("zh", "en"), "zh", problems)
        module["locale"] = locale
        settings = cls(
            module=module,
            prefixes=_words(config.get("prefix"), ("助手",)),
            locale=locale,
            users=frozenset(_words(config.get("users"), ())),
            groups=frozenset(_words(config.get("groups"), ())),
            tell_refused=bool(config.get("tell_refused", False)),
            user_level=_choice(config, "user_level", _LEVELS, "L1", problems),
            admin_level=_choice(config, "admin_level", _LEVELS, "L2", problems),
            chat_level=_choice(config, "chat_level", _LEVELS, "L2", problems),
            streaming=_choice(config, "streaming", ("auto", "sentences", "off"), "auto", problems),
            show_steps=bool(config.get("show_steps", True)),
            tools=bool(config.get("tools", True)),
            tool_levels=_tool_levels(config.get("tool_levels"), problems),
            tool_timeout=_number(config, "tool_timeout_seconds", 60.0, 1.0, 3600.0, problems),
            mask_secrets=bool(config.get("mask_secrets", True)),
            audit_bytes=int(_number(config, "audit_max_kib", 1024, 16, 1 << 20, problems)) << 10,
            audit_files=int(_number(config, "audit_files", 5, 1, 100, problems)),
            problems=problems,
        )
        return settings

    def secrets(self) -> tuple[str, ...]:
        """The tokens themselves, which are masked wherever text goes out."""
        keys = ("gateway_bearer_token", "gateway_backup_bearer_token")
        return tuple(str(self.module[key]) for key in keys if self.module.get(key))


def _words(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return default
    words = tuple(str(word).strip() for word in value if str(word).strip())
    return words or default


def _choice(
    config: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str, problems: list[str]
) -> str:
    value = config.get(key, default)
    if value in (None, ""):
        return default
    if value not in allowed:
        problems.append(f"{key}: {value!r} 不被允许，可用的是 {'、'.join(allowed)}")
        return default
    return str(value)


def _number(
    config: Mapping[str, Any],
    key: str,
    default: float,
    least: float,
    most: float,
    problems: list[str],
) -> float:
    value = config.get(key, default)
    if value in (None, ""):
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        problems.append(f"{key}: {value!r} 不被允许，应为 {least:g} 到 {most:g} 的数字")
        return default
    return value


def _tool_levels(value: Any, problems: list[str]) -> dict[str, str]:
    """From lists of names per level to the level per name; the highest wins."""
    levels: dict[str, str] = {}
    if value in (None, ""):
        return levels
    if not isinstance(value, Mapping):
        problems.append("tool_levels: 应为按级别（L0 到 L4）分组的工具名列表")
        return levels
    for level, names in sorted(value.items()):
        if level not in _LEVELS:
            problems.append(f"tool_levels: 未知级别 {level!r}，可用的是 {'、'.join(_LEVELS)}")
            continue
        for name in _words(names, ()):
            levels[name] = level
    return levels
