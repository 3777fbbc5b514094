"""Which session of the gateway a chat talks in. A reset gives it a new one."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path

from astrbot.api import logger

from .settings import PLUGIN


class Sessions:
    """One session for each chat (`unified_msg_origin`), kept over restarts.

    Only resets are stored: a chat that was never reset has the session that its own name gives.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._resets: dict[str, str] = self._read()

    def _read(self) -> dict[str, str]:
        try:
            resets = json.loads(self._path.read_text("utf-8"))
            if isinstance(resets, dict) and all(isinstance(v, str) for v in resets.values()):
                return resets
            raise ValueError("不是会话表")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            aside = self._path.with_suffix(".broken")
            logger.error(f"[{PLUGIN}] {self._path} 无法读取（{error}），已改名为 {aside.name}，会话从头开始")
            try:
                os.replace(self._path, aside)
            except OSError:
                pass
            return {}

    def current(self, chat: str) -> str:
        """The session that this chat talks in."""
        return f"astrbot:{chat}:{self._resets.get(chat, '0')}"

    def was_reset(self, chat: str) -> bool:
        """Whether this chat was ever given a session by `reset`."""
        return chat in self._resets

    def reset(self, chat: str) -> str:
        """A new session for this chat; returns it. Raises OSError if it cannot be stored, and
        then nothing has changed."""
        resets = {**self._resets, chat: secrets.token_hex(4)}
        self._write(resets)
        self._resets = resets
        return self.current(chat)

    def _write(self, resets: dict[str, str]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that the rename is atomic: a crash leaves the old table or the new.
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".sessions.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(resets, file, ensure_ascii=False, indent=0)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            os.unlink(temporary)
            raise
