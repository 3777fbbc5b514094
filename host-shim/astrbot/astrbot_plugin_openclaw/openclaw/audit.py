"""Who had what done, and how it ended: JSON Lines, rotated by size. Never a text, never a token."""

from __future__ import annotations

import json
import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from astrbot.api import logger

from .settings import PLUGIN


class _File(RotatingFileHandler):
    """Tells in AstrBot's log that it cannot be written, once for each reason in a row."""

    told: str | None = None

    def handleError(self, record: logging.LogRecord) -> None:
        why = str(sys.exc_info()[1])
        if why != self.told:
            self.told = why
            logger.error(f"[{PLUGIN}] 审计日志 {self.baseFilename} 无法写入：{why}")
        # What was cut short, if anything, must not be written again at the end.
        self.stream, stream = None, self.stream
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass  # The same again: the disk is full.


class Audit:
    """The audit log. One that cannot be written is told in the log and halts nothing."""

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.error(f"[{PLUGIN}] {path.parent} 无法创建：{error}")
        # Opened with the first line.
        self._file = _File(path, maxBytes=max_bytes, backupCount=files, encoding="utf-8", delay=True)
        self._file.setFormatter(logging.Formatter("%(message)s"))

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
    ) -> None:
        """One line: time, who, session, level, outcome, code and duration."""
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
        text = json.dumps(line, ensure_ascii=False)
        self._file.handle(logging.LogRecord(PLUGIN, logging.INFO, "", 0, text, None, None))
        if self._closed:
            self._file.close()  # A turn that ended with the plugin: it has opened the file again.

    def close(self) -> None:
        """Closes the file. What is written later still gets there."""
        self._closed = True
        self._file.close()
