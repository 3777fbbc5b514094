"""Keeps the guards' state across reloads and restarts."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any, NamedTuple

from astrbot.api import logger

from . import atomic_file
from .settings import PLUGIN


class _Kept(NamedTuple):
    snapshot: bytes | None
    last_faults: list[dict[str, Any]]
    memory: list[list[Any]]


class GuardState:
    """The component's snapshot (breakers and counters, opaque to the Star), and for the status page the last faults and
    the memory's last hour. Contains neither texts nor tokens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.snapshot, self.last_faults, self.memory = atomic_file.load(path, _parse, _Kept(None, [], []), _damaged)

    def keep(self, snapshot: bytes, last_faults: list[dict[str, Any]], memory: list[list[Any]]) -> None:
        """Stores them. Raises OSError if that is not possible."""
        kept = {"snapshot": base64.b64encode(snapshot).decode(), "last_faults": last_faults, "memory": memory}
        atomic_file.write_json(self._path, kept)


def _parse(kept: Any) -> _Kept:
    faults = kept["last_faults"]
    if not isinstance(faults, list) or not all(_is_fault(fault) for fault in faults):
        raise ValueError("不是故障列表")
    memory = kept.get("memory")
    # Not worth losing the rest for.
    readings = [each for each in memory if _is_reading(each)] if isinstance(memory, list) else []
    return _Kept(base64.b64decode(kept["snapshot"], validate=True), faults, readings)


def _damaged(words: str) -> _Kept:
    logger.error(f"[{PLUGIN}] {words}，防护状态从头开始")
    return _Kept(None, [], [])


def _is_fault(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("time"), (int, float))
        and all(isinstance(value.get(key), str) for key in ("code", "cause", "remedy"))
    )


def _is_reading(value: Any) -> bool:
    """Whether this is a time and MiB, if those could be read."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], (int, float))
        and math.isfinite(value[0])
        and (value[1] is None or (isinstance(value[1], int) and value[1] >= 0))
    )
