"""Small JSON files that are replaced atomically and read with a size limit."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar

from astr_openclaw import valid_text

T = TypeVar("T")

#: State files have some kilobytes; a larger file is not one.
_MAX_BYTES = 8 << 20

#: Seconds between two tries. Windows does not replace a file that somebody has open, such as a virus scanner for a moment.
_PAUSES = (0.01, 0.03, 0.1, 0.3) if os.name == "nt" else ()


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises FileNotFoundError; OSError or ValueError if it is not a regular
    file, too large, not JSON, or nested too deeply."""
    try:
        return json.loads(read_bytes(path, _MAX_BYTES))
    except RecursionError:
        raise ValueError("嵌套过深") from None


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file of at most so many bytes. Raises OSError, ValueError if it is longer."""
    # Opening a pipe would block until somebody writes to it.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("不是普通文件")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"超过 {most} 字节")
    return content


def write_json(path: Path, value: Any) -> None:
    """Replaces the file. Raises OSError; the old content then stays."""
    write_bytes(path, valid_text(json.dumps(value, ensure_ascii=False, indent=0)).encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file, which only this user can read. Raises OSError; the old content then stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the rename is atomic: a crash leaves the old file or the new one. Always
    # under the same name, so that crashes do not pile up files.
    temporary = _temporary(path)
    _sweep(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: Path, parse: Callable[[Any], T], missing: T, damaged: Callable[[str], T]) -> T:
    """The parsed content of the file; `missing` if there is none. A file that cannot be read, or for which
    `parse` raises ValueError, KeyError or TypeError, is renamed to `.broken` for inspection; `damaged` then
    gets a message for the log and supplies the value."""
    _sweep(path)
    try:
        return parse(read_json(path))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError, KeyError, TypeError) as error:
        aside = path.with_suffix(".broken")
        with suppress(OSError):
            _replace(path, aside)
        return damaged(f"{path} 无法读取（{error!r}），已改名为 {aside.name}")


def open_append(path: Path, encoding: str) -> TextIOWrapper:
    """Opens a log for appending, readable by this user alone. Raises OSError. Whatever else stands in its place, such as
    a link or a pipe, is renamed to `.broken`."""
    with suppress(FileNotFoundError):
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            _replace(path, path.with_suffix(".broken"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o600)
    with suppress(OSError, AttributeError):  # Windows before Python 3.13 has no fchmod.
        os.fchmod(handle, 0o600)  # An older file may have another mode.
    return open(handle, "a", encoding=encoding)


def _replace(source: Path, target: Path) -> None:
    for pause in _PAUSES:
        with suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(pause)
    os.replace(source, target)


def _sweep(path: Path) -> None:
    """Removes what a killed process left half written."""
    with suppress(OSError):
        _temporary(path).unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.stem}.part")
