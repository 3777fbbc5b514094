"""Small files that are written whole or not at all, and read with bounds."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from astr_openclaw import valid_text

T = TypeVar("T")

#: A state file is some kilobytes; a larger one is something else.
_MAX_BYTES = 8 << 20


def read_json(path: Path) -> Any:
    """The file's content. Raises FileNotFoundError, or OSError or ValueError for one that cannot be
    read: no regular file, too large, no JSON, nested without end."""
    # Opening a pipe would wait for its writer.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("不是普通文件")
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"超过 {_MAX_BYTES >> 20} MiB")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("嵌套过深") from None


def write_json(path: Path, value: Any) -> None:
    """Puts the value there. Raises OSError, and then what was there still is."""
    content = valid_text(json.dumps(value, ensure_ascii=False, indent=0)).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that the rename is atomic: a crash leaves the old file or the new. Always
    # by the same name, so that crashes do not pile up files.
    temporary = _temporary(path)
    _sweep(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: Path, parse: Callable[[Any], T], missing: T, damaged: Callable[[str], T]) -> T:
    """What `parse` makes of the file's content; `missing` where there is no file. One that cannot be
    read, or that `parse` raises ValueError, KeyError or TypeError for, is renamed, so that it can be
    looked at and is not met again; `damaged` is given the words for the log."""
    _sweep(path)
    try:
        return parse(read_json(path))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError, KeyError, TypeError) as error:
        aside = path.with_suffix(".broken")
        with suppress(OSError):
            os.replace(path, aside)
        return damaged(f"{path} 无法读取（{error!r}），已改名为 {aside.name}")


def _sweep(path: Path) -> None:
    """Removes what a process that was killed while it wrote this file has left."""
    with suppress(OSError):
        _temporary(path).unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.stem}.part")
