"""A gateway and a plugin for each test."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from astr_openclaw import Plugin
from gateway import Gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
async def plugin(gateway: Gateway) -> AsyncIterator[Plugin]:
    async with await Plugin.load(gateway.config) as plugin:
        yield plugin
