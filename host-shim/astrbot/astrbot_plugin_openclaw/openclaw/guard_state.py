"""The state of the guards over reloads and restarts."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from astrbot.api import logger

from . import atomic_file
from .settings import PLUGIN


class GuardState:
    """What the component knew when it was last stopped: breakers and counters, of which only it
    knows the meaning, and the last faults for the status page. Neither texts nor tokens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.snapshot: bytes | None = None
        self.last_faults: list[dict[str, Any]] = []
        atomic_file.sweep(path)
        try:
            kept = atomic_file.read_json(path)
            snapshot = base64.b64decode(kept["snapshot"], validate=True)
            faults = kept["last_faults"]
            if not isinstance(faults, list) or not all(_is_fault(fault) for fault in faults):
                raise ValueError("不是故障列表")
            self.snapshot, self.last_faults = snapshot, faults
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            aside = atomic_file.put_aside(path)
            logger.error(f"[{PLUGIN}] {path} 无法读取（{error!r}），已改名为 {aside.name}，防护状态从头开始")

    def keep(self, snapshot: bytes, last_faults: list[dict[str, Any]]) -> None:
        """Stores them. Raises OSError if that is not possible."""
        kept = {"snapshot": base64.b64encode(snapshot).decode(), "last_faults": last_faults}
        atomic_file.write_json(self._path, kept)


def _is_fault(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("time"), (int, float))
        and all(isinstance(value.get(key), str) for key in ("code", "cause", "remedy"))
    )
