"""The plugin's settings, as AstrBot's config page gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .texts import say

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
    admin_platforms: frozenset[str] = frozenset()
    """The platforms whose admins count; empty for all."""
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
    user_share: int = 3
    """Turns that one user may have under way."""
    mask_secrets: bool = True
    audit_bytes: int = 1 << 20
    audit_files: int = 5
    problems: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, config: object) -> Settings:
        """From AstrBot's config. Never raises."""
        if not isinstance(config, Mapping):
            settings = cls.read({})
            settings.problems.append(say("zh", "not_a_config", value=type(config).__name__))
            return settings
        reader = _Reader(config)
        module = {key: config[key] for key in _PASSED_ON if config.get(key) not in (None, "")}
        for group in _GROUPS:
            values = config.get(group)
            if isinstance(values, Mapping):
                module.update({k: v for k, v in values.items() if v not in (None, "", [])})
        # Present even if empty, so that the module says what is missing.
        for key in ("gateway_primary_url", "gateway_bearer_token"):
            module.setdefault(key, config.get(key) or "")
        module["locale"] = reader.locale
        # With or without AstrBot's own slash; it is gone when we see the message.
        prefixes = tuple(word for word in (w.lstrip("/") for w in reader.words("prefix")) if word)
        return cls(
            module=module,
            prefixes=prefixes or ("助手",),
            locale=reader.locale,
            users=frozenset(reader.words("users")),
            groups=frozenset(reader.words("groups")),
            admin_platforms=frozenset(reader.words("admin_platforms")),
            tell_refused=reader.switch("tell_refused", False),
            user_level=reader.choice("user_level", _LEVELS, "L1"),
            admin_level=reader.choice("admin_level", _LEVELS, "L2"),
            chat_level=reader.choice("chat_level", _LEVELS, "L2"),
            streaming=reader.choice("streaming", ("auto", "sentences", "off"), "auto"),
            show_steps=reader.switch("show_steps", True),
            tools=reader.switch("tools", True),
            tool_levels=reader.tool_levels("tool_levels"),
            tool_timeout=reader.number("tool_timeout_seconds", 60.0, 1.0, 3600.0),
            user_share=int(reader.number("user_share", 3, 1, 65)),
            mask_secrets=reader.switch("mask_secrets", True),
            audit_bytes=int(reader.number("audit_max_kib", 1024, 16, 1 << 20)) << 10,
            audit_files=int(reader.number("audit_files", 5, 1, 100)),
            problems=reader.problems,
        )

    def task_of(self, text: str) -> str | None:
        """What a message asks of the assistant, new lines kept: what follows the prefix. None if it
        has no prefix."""
        text = text.strip()
        for word in self.prefixes:
            if text == word or text.startswith(word) and text[len(word)].isspace():
                return text[len(word) :].strip()
        return None

    @property
    def places(self) -> int:
        """How many turns may run or wait."""
        queue = self.module.get("queue_length", 8)
        return 1 + queue if isinstance(queue, int) else 1

    def secrets(self) -> tuple[str, ...]:
        """The tokens themselves, which are masked wherever text goes out."""
        keys = ("gateway_bearer_token", "gateway_backup_bearer_token")
        return tuple(str(self.module[key]) for key in keys if self.module.get(key))


class _Reader:
    """Reads single settings; what is wrong with them goes into `problems`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self.problems: list[str] = []
        self.locale = "zh"
        self.locale = self.choice("locale", ("zh", "en"), "zh")

    def _wrong(self, what: str, key: str, value: Any = "", **more: object) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:80] + "…"
        self.problems.append(say(self.locale, what, key=key, value=shown, **more))

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts, without the empty ones."""
        value = self._config.get(key)
        if value in (None, ""):
            return ()
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)):
            self._wrong("not_a_list", key, value)
            return ()
        return tuple(str(word).strip() for word in value if str(word).strip())

    def switch(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._config.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong("not_a_switch", key, value)
            return default
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """One of a few texts."""
        value = self._config.get(key)
        if value in (None, ""):
            return default
        if value not in allowed:
            self._wrong("not_one_of", key, value, allowed=self._list(allowed))
            return default
        return str(value)

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """A number within bounds."""
        value = self._config.get(key)
        if value in (None, ""):
            return default
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not least <= value <= most:
            self._wrong("not_a_number", key, value, least=least, most=most)
            return default
        return value

    def tool_levels(self, key: str) -> dict[str, str]:
        """From lists of names per level to the level per name; the highest wins."""
        value = self._config.get(key)
        levels: dict[str, str] = {}
        if value in (None, ""):
            return levels
        if not isinstance(value, Mapping):
            self._wrong("not_by_level", key)
            return levels
        for level in sorted(value, key=str):
            if level not in _LEVELS:
                self._wrong("unknown_level", key, level, allowed=self._list(_LEVELS))
                continue
            within = _Reader({f"{key}.{level}": value[level], "locale": self.locale})
            for name in within.words(f"{key}.{level}"):
                levels[name] = level
            self.problems += within.problems
        return levels

    def _list(self, words: tuple[str, ...]) -> str:
        return ("、" if self.locale == "zh" else ", ").join(words)
