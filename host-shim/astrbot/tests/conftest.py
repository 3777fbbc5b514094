"""The parts of the Star, with stand-ins for the parts of AstrBot that they meet. What meets AstrBot
itself is tested in a real one: tests/astrbot/scenario.py."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
STAR = HERE.parent / "astrbot_plugin_openclaw"
sys.path[:0] = [str(STAR), str(HERE)]

import fake_astrbot  # noqa: E402

fake_astrbot.install()
