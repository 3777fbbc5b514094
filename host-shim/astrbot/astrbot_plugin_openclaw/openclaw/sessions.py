"""The gateway session of each chat. A reset starts a new one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from astr_openclaw import valid_text
from astrbot.api import logger

from . import atomic_file
from .settings import PLUGIN

#: The entry for chats without one of their own.
_ALL = "*"


class Sessions:
    """One session per chat (`unified_msg_origin`), kept across restarts.

    Only resets are stored: a chat that was never reset has the session that its own name gives.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._resets: dict[str, str] = atomic_file.load(path, _parse, {}, self._damaged)

    def _damaged(self, words: str) -> dict[str, str]:
        logger.error(f"[{PLUGIN}] {words}，会话从头开始")
        # Not the first session again: some chats have left it by a reset.
        resets = {_ALL: secrets.token_hex(4)}
        try:
            self._write(resets)
        except OSError as error:
            logger.error(f"[{PLUGIN}] 会话无法保存：{error}")
        return resets

    def current(self, chat: str) -> str:
        """The session of a chat."""
        chat = valid_text(chat)
        return f"astrbot:{chat}:{self._resets.get(chat) or self._resets.get(_ALL, '0')}"

    def reset(self, chat: str) -> str:
        """Starts a new session for a chat and returns it. Raises OSError if it cannot be stored; nothing
        has changed then."""
        chat = valid_text(chat)
        resets = {name: number for name, number in self._resets.items() if name != chat}
        resets[chat] = secrets.token_hex(4)
        self._write(resets)
        self._resets = resets
        return self.current(chat)

    def _write(self, resets: dict[str, str]) -> None:
        atomic_file.write_json(self._path, resets)


def _parse(resets: Any) -> dict[str, str]:
    if isinstance(resets, dict) and all(isinstance(number, str) for number in resets.values()):
        return resets
    raise ValueError("不是会话表")
