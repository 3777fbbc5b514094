"""A browser for all tests, and for each a chat and its page."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from approval_rig import Chat, chat_of
from browser import Browser
from gateway import Gateway
from page_rig import Dashboard
from stage import Stage

HERE = Path(__file__).resolve().parent


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with Browser(Path(os.environ["OPENCLAW_ASTRBOT_ROOT"])) as browser:
        await browser.call("Fetch.enable", browser.page, patterns=[{"urlPattern": "*"}])
        await browser.call("Emulation.setFocusEmulationEnabled", browser.page, enabled=True)
        await browser.call(
            "Page.addScriptToEvaluateOnNewDocument", browser.page, source=(HERE / "looks.js").read_text()
        )
        await browser.call("Accessibility.enable", browser.page)
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chat]:
    with Gateway() as gateway:
        async with chat_of(tmp_path, gateway, monkeypatch) as chat:
            yield chat
            gateway.release.set()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Stage:
    pictures = Path(os.environ["OPENCLAW_PICTURES"])
    pictures.mkdir(parents=True, exist_ok=True)
    return Stage(browser, Dashboard(chat.commands, monkeypatch), pictures)
