"""A gateway and a plugin for each test."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from astr_openclaw import Plugin, Status
from gateway import Gateway


def fake_host_shim(folder: Path, version: str | None) -> Path:
    """A folder for the PATH, with a program that says it is that version of host-shim, or without."""
    folder.mkdir()
    if version is not None:
        program = folder / "host-shim"
        program.write_text(f"#!/bin/sh\necho host-shim {version}\n")
        program.chmod(0o755)
    return folder


def status_of(plugin: Plugin) -> Status:
    """The plugin's state as it is now, also on a machine that is too busy for one within `Plugin.status`'s limit."""
    until = time.monotonic() + 60
    while not (status := plugin.status()).fresh:
        assert time.monotonic() < until, "the component never answers"
    return status


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
async def plugin(gateway: Gateway) -> AsyncIterator[Plugin]:
    async with await Plugin.load(gateway.config) as plugin:
        yield plugin
