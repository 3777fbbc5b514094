"""The parts of the Star, with a fake of the parts of AstrBot that they meet. What meets AstrBot itself is
tested in a real one: tests/astrbot."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

HERE = Path(__file__).resolve().parent
STAR = HERE.parent / "astrbot_plugin_openclaw"
# With the gateway of the Python module's tests.
sys.path[:0] = [str(STAR), str(HERE), str(HERE.parents[1] / "python" / "tests")]

import fake_astrbot  # noqa: E402

fake_astrbot.install()

from astr_openclaw import shipped_component  # noqa: E402
from gateway import Gateway  # noqa: E402


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest_asyncio.fixture
async def chat(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A chat whose tasks get tools that need an approval."""
    from approval_rig import chat_of  # It needs the fakes.

    async with chat_of(tmp_path, gateway, monkeypatch) as chat:
        yield chat


@pytest.fixture
def star(tmp_path: Path) -> Path:
    """The plugin's folder, as far as the engine reads it."""
    return star_in(tmp_path)


def star_in(folder: Path) -> Path:
    star = folder / "star"
    star.mkdir()
    shutil.copy(shipped_component(), star / "openclaw_plugin.wasm")
    shutil.copy(STAR / "_conf_schema.json", star)
    return star
