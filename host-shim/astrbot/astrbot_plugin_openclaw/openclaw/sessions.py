"""Which session of the gateway a chat talks in. A reset gives it a new one."""

from __future__ import annotations

import secrets
from pathlib import Path

from astrbot.api import logger
from astr_openclaw import valid_text

from . import atomic_file
from .settings import PLUGIN

#: Ended the names of conversations with the chat model, which `talks` remembers now.
_TALK = ":model"

#: The entry that holds for all chats without one of their own.
_ALL = "*"


class Sessions:
    """One session for each chat (`unified_msg_origin`), kept over restarts.

    Only resets are stored: a chat that was never reset has the session that its own name gives.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        atomic_file.sweep(path)
        self._resets: dict[str, str] = self._read()

    def _read(self) -> dict[str, str]:
        try:
            resets = atomic_file.read_json(self._path)
            if isinstance(resets, dict) and all(isinstance(v, str) for v in resets.values()):
                return {name: number for name, number in resets.items() if not name.endswith(_TALK)}
            raise ValueError("不是会话表")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            aside = atomic_file.put_aside(self._path)
            logger.error(f"[{PLUGIN}] {self._path} 无法读取（{error}），已改名为 {aside.name}，会话从头开始")
            # Not the first session again: that one was left by a reset.
            resets = {_ALL: secrets.token_hex(4)}
            try:
                self._write(resets)
            except OSError as second:
                logger.error(f"[{PLUGIN}] 会话无法保存：{second}")
            return resets

    def current(self, chat: str) -> str:
        """The session that this chat talks in."""
        chat = valid_text(chat)
        return f"astrbot:{chat}:{self._resets.get(chat) or self._resets.get(_ALL, '0')}"

    def reset(self, chat: str) -> str:
        """A new session for this chat; returns it. Raises OSError if it cannot be stored, and
        then nothing has changed."""
        chat = valid_text(chat)
        resets = {name: number for name, number in self._resets.items() if name != chat}
        resets[chat] = secrets.token_hex(4)
        self._write(resets)
        self._resets = resets
        return self.current(chat)

    def _write(self, resets: dict[str, str]) -> None:
        atomic_file.write_json(self._path, resets)
