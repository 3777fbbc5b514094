"""The audit log: who ran what, and how it ended. JSON Lines, rotated by size, without texts or tokens.

Whoever writes messages without end must not rotate away what happened before: lines that cost their
sender nothing, such as those of strangers, are written once an hour for each sender and then counted,
and of more senders than a few only the number is kept."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from astrbot.api import logger

from .atomic_file import open_append
from .printable import printable
from .settings import PLUGIN

#: Seconds between two writes of the counts.
_WINDOW = 3600.0

#: Combinations of sender and outcome that get their own line within that time.
_MOST = 20

#: Outcomes that are counted because no task ran, as those of commands are, and fault codes of tasks that never reached
#: a gateway.
_FOLDED = {"denied", "refused", "approval_refused"}
_FOLDED_CODES = {"busy", "circuit_open", "config_invalid", "heavy_task_refused"}

#: How many times as large as allowed the file may become while it cannot be renamed.
_MOST_OVER = 4

#: Characters of a name, which comes from outside.
_LONGEST = 200


class _File(RotatingFileHandler):
    """Logs once per reason that the file cannot be written."""

    told: str | None = None

    def _open(self) -> TextIOWrapper:
        stream = open_append(Path(self.baseFilename), self.encoding or "utf-8")
        # A killed process or a full disk may have cut off the last line; the next one must not continue it.
        with suppress(OSError), open(self.baseFilename, "rb") as file:
            file.seek(-1, os.SEEK_END)  # Fails if it is empty.
            if file.read(1) != b"\n":
                stream.write("\n")
        return stream

    def doRollover(self) -> None:
        # Windows does not rename a file that somebody reads, and nobody renames in a folder that is read-only: the log
        # then grows, but not without end.
        first = f"{self.baseFilename}.1"
        try:
            if os.path.exists(first):
                super().doRollover()
            else:  # Older files have made room; were they renamed again at each try, they would be lost one by one.
                if self.stream is not None:
                    self.stream.close()
                    self.stream = None
                self.rotate(self.baseFilename, first)
        except OSError:
            if self.stream is None:
                self.stream = self._open()
            if self.stream.seek(0, os.SEEK_END) > _MOST_OVER * self.maxBytes:
                raise

    def handleError(self, record: logging.LogRecord) -> None:
        why = str(sys.exc_info()[1])
        if why != self.told:
            self.told = why
            logger.error(f"[{PLUGIN}] 审计日志 {self.baseFilename} 无法写入：{why}")
        # A partly written line must not be flushed again later.
        self.stream, stream = None, self.stream
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass  # Same cause, such as a full disk.


class Audit:
    """The audit log. If it cannot be written, AstrBot's log says so and everything else goes on."""

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        self._closed = False
        self._window = time.monotonic()
        self._counted: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.error(f"[{PLUGIN}] {path.parent} 无法创建：{error}")
        # Opened for the first line.
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
        command: bool = False,
        **more: Any,
    ) -> None:
        """One line: time, who, session, level, outcome, code and duration. `command`: whether it was one, and no task;
        `more`: further fields."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "door": door,
            "who": printable(who)[:_LONGEST],
            "session": printable(session)[:_LONGEST],
            "level": level,
            "outcome": outcome,
            "code": code,
            "seconds": round(seconds, 3),
            **more,
        }
        if time.monotonic() - self._window >= _WINDOW:
            self._write_counts()
        if command or outcome in _FOLDED or code in _FOLDED_CODES:
            self._fold(line)
        else:
            self._put(line)
        if self._closed:
            self._write_counts()
            self._file.close()  # A turn that ended after `close` has reopened the file.

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
        """Writes how often each folded line was repeated."""
        counted, self._counted, self._window = self._counted, {}, time.monotonic()
        for more, line in counted.values():
            if more:
                self._put({**line, "more": more})

    def _put(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False)
        self._file.handle(logging.LogRecord(PLUGIN, logging.INFO, "", 0, text, None, None))

    def close(self) -> None:
        """Closes the file; a later write reopens it."""
        self._closed = True
        self._write_counts()
        self._file.close()


class TurnLine:
    """One turn's line, written once, with the first outcome reported, before the answer is sent: AstrBot may be
    killed at any time."""

    def __init__(self, audit: Audit, *, door: str, who: str, session: str, level: str) -> None:
        self.session = session
        self._audit: Audit | None = audit
        self._door, self._who, self._level = door, who, level
        self._started = time.monotonic()

    @property
    def written(self) -> bool:
        return self._audit is None

    def ended(self, outcome: str, code: str | None = None) -> None:
        """Writes the line, unless it is written already."""
        audit, self._audit = self._audit, None
        if audit is not None:
            audit.write(
                door=self._door,
                who=self._who,
                session=self.session,
                level=self._level,
                outcome=outcome,
                code=code,
                seconds=time.monotonic() - self._started,
            )
