"""Who had what done, and how it ended: JSON Lines, rotated by size. Never a text, never a token.

Whoever writes messages without end must not rotate away what happened before: lines that cost their
sender nothing, such as those of strangers, are written once an hour for each sender and then counted,
and of more senders than a few only the number is kept."""

from __future__ import annotations

import json
import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from astrbot.api import logger

from .printable import printable
from .settings import PLUGIN

#: Seconds after which the counts are written.
_WINDOW = 3600.0

#: Senders and outcomes that have lines of their own within that time.
_MOST = 20

#: Outcomes of commands and refusals: no task was run. Of tasks, the codes of those that were not asked.
_FOLDED = {"denied", "refused", "help", "status", "diagnose", "cancel", "cancel_all", "reset", "reset_breaker"}
_FOLDED_CODES = {"busy", "circuit_open", "config_invalid", "heavy_task_refused"}

#: Characters. Names come from outside.
_LONGEST = 200


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
        self._window = time.monotonic()
        self._counted: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.error(f"[{PLUGIN}] {path.parent} 无法创建：{error}")
        # Opened with the first line.
        self._file = _File(path, maxBytes=max_bytes, backupCount=files, encoding="utf-8", delay=True)
        self._file.setFormatter(logging.Formatter("%(message)s"))

    def write(
        self, *, door: str, who: str, session: str, level: str, outcome: str, code: str | None, seconds: float
    ) -> None:
        """One line: time, who, session, level, outcome, code and duration."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "door": door,
            "who": printable(who)[:_LONGEST],
            "session": printable(session)[:_LONGEST],
            "level": level,
            "outcome": outcome,
            "code": code,
            "seconds": round(seconds, 3),
        }
        if time.monotonic() - self._window >= _WINDOW:
            self._write_counts()
        if outcome in _FOLDED or code in _FOLDED_CODES:
            self._fold(line)
        else:
            self._put(line)
        if self._closed:
            self._write_counts()
            self._file.close()  # A turn that ended with the plugin: it has opened the file again.

    def _fold(self, line: dict[str, Any]) -> None:
        what = f"{line['outcome']} {line['code']}"
        key = (what, line["who"])
        if key not in self._counted and len(self._counted) >= _MOST:
            key, line = (what, "*"), {**line, "who": "*", "session": "*"}
        if key in self._counted:
            self._counted[key] = (self._counted[key][0] + 1, line)
        else:
            self._counted[key] = (0, line)
            self._put(line)

    def _write_counts(self) -> None:
        """Writes how often what was not written happened since."""
        counted, self._counted, self._window = self._counted, {}, time.monotonic()
        for more, line in counted.values():
            if more:
                self._put({**line, "more": more})

    def _put(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False)
        self._file.handle(logging.LogRecord(PLUGIN, logging.INFO, "", 0, text, None, None))

    def close(self) -> None:
        """Closes the file. What is written later still gets there."""
        self._closed = True
        self._write_counts()
        self._file.close()
