"""`取消`, a reset and a deleted project end only the turns that they are about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from astr_openclaw import Tool
from background_rig import ADMIN, Lives, quick
from chat_rig import until
from gateway import Gateway
from openclaw import approvals as approvals_module
from openclaw.task_store import CANCELLED, RUNNING

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("quick")]
__all__ = ["quick"]


@pytest_asyncio.fixture
async def lives(tmp_path: Path, gateway: Gateway, quick: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lives]:
    async def run(**_: object) -> str:
        return "the tool has run"

    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [Tool("asker_tool", run, approval="asker")])
    monkeypatch.setattr(approvals_module, "_SETTLING", 0.0)
    lives = Lives(tmp_path, gateway, user_level="L2", streaming="off")
    await lives.begin()
    yield lives
    await lives.end()


async def waits(lives: Lives) -> bool:
    """Whether a turn still waits for its approval, once what was told to end has had a moment."""
    await asyncio.sleep(0.1)
    return any(question.shown for question in lives.commands.approvals.pending())


async def test_a_background_task_that_waits_for_an_approval_goes_on(lives: Lives) -> None:
    await lives.ask("项目 新建 @a")
    for text in ("后台 tool asker_tool {}", "后台 @a tool asker_tool {}"):
        await lives.ask(text)
        number = len(lives.commands.background.all())
        await until(lambda: any(question.shown for question in lives.commands.approvals.pending()))
        assert f"后台任务不受影响：{number}" in await lives.ask("取消")
        for command in ("会话重置", "会话重置 @a", "项目 删除 @a"):
            await lives.ask(command)
            assert await waits(lives) and lives.task(number).state == RUNNING, command
        assert "已请求取消" in await lives.ask(f"取消 {number}")
        await lives.state(number, CANCELLED)
        await lives.ask("项目 新建 @a")


@pytest.mark.parametrize(
    ("task", "spares", "ends"),
    [
        ("tool", ["会话重置 @a", "项目 删除 @a"], "会话重置"),
        ("@a tool", ["会话重置", "会话重置 @b", "项目 删除 @b"], "会话重置 @a"),
        ("@a tool", ["会话重置 @b"], "项目 删除 @a"),
        ("@a tool", [], "取消"),
    ],
)
async def test_a_reset_ends_what_waits_in_its_own_session_only(
    lives: Lives, task: str, spares: list[str], ends: str
) -> None:
    await lives.ask("项目 新建 @a")
    await lives.ask("项目 新建 @b")
    asked = asyncio.create_task(lives.ask(f"{task} asker_tool {{}}"))
    await until(lambda: any(question.shown for question in lives.commands.approvals.pending()))
    for command in spares:
        await lives.ask(command)
        assert await waits(lives), command
    await lives.ask(ends)
    assert "cancelled" in await asyncio.wait_for(asked, 20)


async def test_an_admins_reset_spares_a_background_task_too(lives: Lives) -> None:
    await lives.ask("后台 tool asker_tool {}", ADMIN, admin=True)
    await until(lambda: any(question.shown for question in lives.commands.approvals.pending()))
    await lives.ask("会话重置", ADMIN, admin=True)
    assert await waits(lives)
    await lives.ask("全部取消", ADMIN, admin=True)
    await lives.state(1, CANCELLED)
