"""Conversation mode: while it is on, a sender's plain messages in a chat are tasks, without the prefix."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from astr_openclaw import valid_text
from astrbot.api import logger

from . import access, atomic_file, attachments, reentry
from .kept_json import KeptJson
from .settings import PLUGIN, Settings

#: How many senders' modes are remembered; the one that has been silent for longest is forgotten.
_MODES = 2000

#: What makes a handler of another plugin a command.
_COMMAND_FILTERS = ("CommandFilter", "CommandGroupFilter", "RegexFilter")


class _Mode:
    """One sender's in one chat."""

    def __init__(self, project: str, last: float) -> None:
        self.project = project
        self.last = last  #: When they last wrote, by the clock of the world.


class ConversationMode:
    """Who is in conversation mode, and where. It outlives reloads and restarts; the time counts on meanwhile."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self._settings = settings
        self._modes: dict[tuple[str, str], _Mode] = atomic_file.load(path, _parse, {}, _damaged)
        self._file = KeptJson(path, self._stored)

    async def enter(self, event: Any, project: str) -> None:
        """Switches it on for the sender in this chat. Raises OSError if it cannot be stored."""
        key, entered = _key(event), _Mode(project, time.time())
        gone = {key: self._modes.pop(key)} if key in self._modes else {}
        self._modes[key] = entered
        while len(self._modes) > _MODES:
            oldest = min(self._modes, key=lambda key: self._modes[key].last)
            gone[oldest] = self._modes.pop(oldest)
        try:
            await self._file.store()
        except OSError:
            # All is as before, but for what was said meanwhile.
            if self._modes.get(key) is entered:
                del self._modes[key]
                self._modes = {**gone, **self._modes}
            raise

    async def stop(self) -> None:
        """Stores no more: the next life reads the file."""
        with suppress(OSError):  # Whoever stored it has said so.
            await self._file.close()

    async def leave(self, event: Any) -> bool:
        """Switches it off; whether it was on."""
        mode = self._modes.pop(_key(event), None)
        if mode is not None:
            await self._keep()
        return mode is not None and self._lasts(mode)

    def claims(self, event: Any, wake_prefixes: Iterable[str]) -> bool:
        """Whether this message, which does not have the prefix, belongs to the sender's conversation: as its next task,
        or to be told that the conversation has ended. Whoever may not ask has none. `wake_prefixes`: AstrBot's."""
        if not self._takes(event):
            return False
        if not _wakes(event, wake_prefixes):
            # In a private chat, AstrBot takes a plain message that begins like a command for one, and answers at once.
            event.is_at_or_wake_command = False
        return True

    def _takes(self, event: Any) -> bool:
        if not self._modes or _key(event) not in self._modes:
            return False
        if access.is_from_bot(event) or reentry.is_marked(event) or not _says_something(event):
            return False
        if not access.may_ask(event, self._settings):
            del self._modes[_key(event)]
            return False
        return True

    async def next_task(self, event: Any) -> str | None:
        """The project that a claimed message is a task for; None if the conversation has ended, which is announced once."""
        mode = self._modes.get(_key(event))
        if mode is None or not self._lasts(mode):
            self._modes.pop(_key(event), None)
            await self._keep()
            return None
        mode.last = time.time()
        await self._keep()
        return mode.project

    def _lasts(self, mode: _Mode) -> bool:
        # A clock that was put back does not make it longer.
        silent = time.time() - mode.last
        return self._settings.conversation_mode and 0 <= silent <= self._settings.conversation_minutes * 60

    async def _keep(self) -> None:
        try:
            await self._file.store()
        except OSError as error:
            logger.error(f"[{PLUGIN}] 对话模式无法保存：{error}")

    def _stored(self) -> list[list[Any]]:
        return [[asker, chat, mode.project, mode.last] for (asker, chat), mode in self._modes.items()]


def is_other_command(event: Any, wake_prefixes: Iterable[str]) -> bool:
    """Whether a message with AstrBot's wake prefix is a command of AstrBot's or of another plugin."""
    handlers = event.get_extra("activated_handlers") or ()
    rules = [rule for handler in handlers for rule in handler.event_filters]
    return _wakes(event, wake_prefixes) and any(type(rule).__name__ in _COMMAND_FILTERS for rule in rules)


def _wakes(event: Any, wake_prefixes: Iterable[str]) -> bool:
    # AstrBot has taken the prefix off the event's own text.
    text = str(getattr(event.message_obj, "message_str", None) or "").strip()
    return any(prefix and text.startswith(prefix) for prefix in wake_prefixes)


def _key(event: Any) -> tuple[str, str]:
    return valid_text(access.asker(event)), valid_text(str(event.unified_msg_origin))


def _says_something(event: Any) -> bool:
    """Whether a message has a text or an attachment, and does not begin by calling somebody else: AstrBot does not let
    such a message wake the bot either."""
    parts = [part for part in event.get_messages() if type(part).__name__ != "Reply"]
    if parts and type(parts[0]).__name__ == "At" and str(parts[0].qq) not in (str(event.get_self_id()), "all"):
        return False
    return bool(event.get_message_str().strip()) or attachments.any_in(event.get_messages())


def _parse(entries: Any) -> dict[tuple[str, str], _Mode]:
    modes = {}
    for asker, chat, project, last in entries:
        good = isinstance(last, (int, float)) and all(isinstance(text, str) for text in (asker, chat, project))
        if not good:
            raise ValueError("不是对话模式表")
        modes[asker, chat] = _Mode(project, float(last))
    return modes


def _damaged(words: str) -> dict[tuple[str, str], _Mode]:
    logger.error(f"[{PLUGIN}] {words}，对话模式全部结束")
    return {}
