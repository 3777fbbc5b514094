"""The parts of the Star that need nothing of AstrBot but its logger. What meets AstrBot itself is
tested in a real one: tests/astrbot/scenario.py."""

from __future__ import annotations

import logging
import sys
import types
from pathlib import Path

STAR = Path(__file__).resolve().parent.parent / "astrbot_plugin_openclaw"

api = types.ModuleType("astrbot.api")
api.logger = logging.getLogger("astrbot")  # type: ignore[attr-defined]
sys.modules.setdefault("astrbot", types.ModuleType("astrbot"))
sys.modules.setdefault("astrbot.api", api)
sys.path.insert(0, str(STAR))
