"""Who had what done, and how it ended: JSON Lines, rotated by size. Never a text, never a token."""

from __future__ import annotations

import json
import logging
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from astrbot.api import logger

from .settings import PLUGIN


class Audit:
    """The audit log. One that cannot be written is told in the log and halts nothing."""

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        self._handler: RotatingFileHandler | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                path, maxBytes=max_bytes, backupCount=files, encoding="utf-8", delay=True
            )
            self._handler.setFormatter(logging.Formatter("%(message)s"))
        except OSError as error:
            logger.error(f"[{PLUGIN}] 审计日志 {path} 无法写入：{error}")

    def write(
        self,
        *,
        door: str,
        who: str,
        session: str,
        level: str,
        outcome: str,
        code: str | None,
        seconds: float,
        detail: str | None = None,
    ) -> None:
        """One line: time, who, session, level, outcome, code and duration."""
        if self._handler is None:
            return
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "door": door,
            "who": who,
            "session": session,
            "level": level,
            "outcome": outcome,
            "code": code,
            "seconds": round(seconds, 3),
        }
        if detail is not None:
            line["detail"] = detail
        record = logging.LogRecord(
            PLUGIN, logging.INFO, "", 0, json.dumps(line, ensure_ascii=False), None, None
        )
        self._handler.handle(record)

    def close(self) -> None:
        """Closes the file."""
        if self._handler is not None:
            self._handler.close()
