"""AstrBot's own model delegates: for whom, how long it waits, and never in a circle."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from background_rig import ADMIN, ASKER, OTHER, Lives, quick
from chat_rig import Event, until
from fake_astrbot import FunctionTool
from fake_events import CronMessageEvent, MessageSession
from gateway import Gateway
from openclaw import delivery, reentry
from openclaw.task_store import CANCELLED, DONE, NOBODY, RUNNING, TOLD

pytestmark = pytest.mark.asyncio
__all__ = ["quick"]


@pytest_asyncio.fixture
async def lives(tmp_path: Path, gateway: Gateway, quick: None) -> AsyncIterator[Lives]:
    lives = Lives(tmp_path, gateway, users=[ASKER])
    await lives.begin()
    yield lives
    gateway.release.set()
    await lives.end()


def message(sender: str = ASKER, **more: Any) -> Event:
    return Event(sender, "do it", **more)


def limited(lives: Lives, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]) -> None:
    monkeypatch.setattr(lives.astr, "get_config", lambda umo=None: {"admins_id": [ADMIN], **config})


class Request:
    """To a model, with tools."""

    def __init__(self) -> None:
        names = ("weather", "delegate_to_openclaw", "openclaw_task")
        self.func_tool = types.SimpleNamespace(names=list(names))
        self.func_tool.remove_tool = self.func_tool.names.remove


async def test_the_tools_are_offered_where_the_sender_may_use_openclaw(lives: Lives) -> None:
    delegation = lives.commands.delegation

    def offered(event: Event) -> list[str]:
        request = Request()
        delegation.offer(event, request)
        return request.func_tool.names

    everything = ["weather", "delegate_to_openclaw", "openclaw_task"]
    assert offered(message()) == everything == offered(message(ADMIN, admin=True))
    assert offered(message(OTHER)) == ["weather"]
    answered = message()
    reentry.answers(answered)
    assert offered(answered) == ["weather"]
    delegation.offer(message(OTHER), types.SimpleNamespace(func_tool=None))
    lives.commands._settings.delegation = False
    assert offered(message()) == ["weather"]
    assert "关闭" in await delegation.delegate(message(), "x") and lives.gateway.requests == []


async def test_a_scheduled_agent_of_a_group_that_is_not_listed_may_not_delegate(lives: Lives) -> None:
    settings = lives.commands._settings
    settings.users, settings.groups = ("*",), ("556",)
    told = []
    for group in ("555", "556"):
        session = MessageSession("qq", "GroupMessage", group)
        job = CronMessageEvent(context=lives.astr, session=session, message="x", message_type="GroupMessage")
        told.append(await lives.commands.delegation.delegate(job, "x", background=True))
    assert "没有使用" in told[0] and "编号 1" in told[1]


async def test_in_the_foreground_the_model_gets_the_result(lives: Lives) -> None:
    told = await lives.commands.delegation.delegate(message(), " sum it up ")
    assert told == "后台任务 1（✅完成）：sum it up\nsum it up"
    await until(lambda: lives.task(1).delivery == TOLD)
    assert lives.astr.sent == [] and lives.task(1).door == "model"
    # At the sender's level, not the model's.
    assert lives.task(1).level == "L1"
    await lives.commands.delegation.delegate(message(ADMIN, admin=True), "x")
    assert lives.task(2).level == "L2"


async def test_in_the_background_it_gets_an_id_and_the_chat_the_result(lives: Lives) -> None:
    delegation = lives.commands.delegation
    told = await delegation.delegate(message(), "hold", background=True)
    assert "编号 1" in told and "openclaw_task" in told
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await until(lambda: lives.commands.background.output(1) == "ab")
    assert "运行" in await delegation.look(message()) and "ab" in await delegation.look(message(), 1.0)
    lives.gateway.release.set()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hold\nab"]
    assert "ab" in await delegation.look(message(), "1") and "没有编号为 0" in await delegation.look(message(), "one")
    # Nobody else's model sees it.
    assert "没有编号为 1" in await delegation.look(message(ADMIN, admin=True), 1)
    assert "没有编号为 1" in await delegation.look(message(group="555"), 1)


@pytest.mark.parametrize(
    "config",
    [
        {"agent_runner": {"config": {"misc": {"tool_call_timeout": 0.2}}}},
        {"provider_settings": {"tool_call_timeout": 0.2}},
        {
            "agent_runner": {"config": {"misc": {"tool_call_timeout": 0.2}}},
            "provider_settings": {"tool_call_timeout": 99},
        },
    ],
)
async def test_before_astrbots_limit_it_moves_to_the_background(lives: Lives, monkeypatch: Any, config: Any) -> None:
    limited(lives, monkeypatch, config)
    told = await asyncio.wait_for(lives.commands.delegation.delegate(message(), "hold"), 20)
    assert "任务 1" in told and "转入后台" in told and lives.task(1).state == RUNNING
    lives.gateway.release.set()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hold\nab"]


async def test_a_margin_is_left_before_the_limit() -> None:
    from openclaw.delegation import Delegation

    def patience(limit: Any) -> float:
        config = {"provider_settings": {"tool_call_timeout": limit}}
        context = types.SimpleNamespace(get_config=lambda umo: config)
        return Delegation(context, None, None)._patience(message())  # type: ignore[arg-type]

    assert [patience(limit) for limit in (120, 60, 10, 0, -1, "x", float("nan"), None)] == [110, 50, 5, *[50] * 5]


async def test_a_limit_that_nobody_told_of_loses_nothing_and_stop_ends_the_task(lives: Lives) -> None:
    delegation = lives.commands.delegation
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(delegation.delegate(message(), "hold"), 0.3)
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    lives.gateway.release.set()
    await until(lambda: lives.astr.told())
    assert "ab" in lives.astr.told()[0]
    lives.gateway.release.clear()
    lives.gateway.held.clear()
    event = message()
    asked = asyncio.create_task(delegation.delegate(event, "hold"))
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    event.set_extra("agent_stop_requested", True)
    asked.cancel()
    assert (await lives.state(2, CANCELLED)).delivery == NOBODY and len(lives.astr.sent) == 1


async def test_what_ends_as_the_model_leaves_is_told_to_the_chat(lives: Lives) -> None:
    """The model's patience ends in the same moment as the task."""
    background = lives.commands.background
    task = await background.start(message(), "hold")
    waiting = asyncio.create_task(background.wait(task.id, 60))
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    background._waited_for[task.id].add_done_callback(lambda _: waiting.cancel())
    lives.gateway.release.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hold\nab"]


async def test_what_cannot_be_taken_is_one_clear_line(lives: Lives) -> None:
    delegation = lives.commands.delegation
    assert "没有使用" in await delegation.delegate(message(OTHER), "x") and "没有使用" in await delegation.look(
        message(OTHER)
    )
    for nothing in ("", "  ", None, 5):
        assert await delegation.delegate(message(), nothing) == "没有说明任务。"
    lives.commands.background._store._folder.write_text("in the way")
    assert "无法写入磁盘" in await delegation.delegate(message(), "x")
    await lives.commands._engine.stop()
    assert "cancelled" in await delegation.delegate(message(), "x")
    assert lives.gateway.requests == []


async def test_a_circle_ends_at_once(lives: Lives) -> None:
    delegation = lives.commands.delegation
    answered, marked = message(), message()
    reentry.answers(answered)
    reentry.mark(marked)
    for event in (answered, marked):
        assert "不能再把任务交回" in await delegation.delegate(event, "x", background=True)
        assert "不能再把任务交回" in await delegation.look(event)
    for entered in (reentry.running_tool, reentry.running_command):
        with entered():
            assert "不能再把任务交回" in await delegation.delegate(message(), "x")
            # As from a sub-agent that the tool has started.
            told = await asyncio.create_task(delegation.delegate(message(), "x"))
            assert "不能再把任务交回" in told
    assert lives.gateway.requests == []
    assert "x" in await delegation.delegate(message(), "x")


async def test_a_sub_agent_in_a_tool_of_a_turn_cannot_delegate(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real runner of AstrBot's tools."""
    from openclaw import tools

    tool = FunctionTool("transfer_to_agent", parameters=None)
    told: list[str] = []

    class Executor:
        @staticmethod
        async def execute(tool: Any, wrapper: Any, **arguments: Any) -> AsyncIterator[Any]:
            told.append(await lives.commands.delegation.delegate(message(), "again"))
            yield None

    monkeypatch.setattr(tools, "FunctionToolExecutor", Executor)
    monkeypatch.setattr(tools, "ContextWrapper", lambda **_: None)
    monkeypatch.setattr(tools, "AstrAgentContext", lambda **_: None)
    monkeypatch.setattr(tools, "needs_of", lambda *_: tools.Needs("L0", "none"))
    served = tools._served(None, message(), [tool], lives.commands._settings)
    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: served)
    assert "已直接回复" in await lives.ask("tool astrbot_transfer_to_agent {}")
    assert "不能再把任务交回" in told[0] and lives.commands.background.all() == []


async def test_a_turn_is_not_offered_the_tools() -> None:
    from openclaw import tools

    listed = [FunctionTool(name) for name in ("weather", "delegate_to_openclaw", "openclaw_task")]
    manager = types.SimpleNamespace(func_list=listed)
    context = types.SimpleNamespace(get_llm_tool_manager=lambda: manager)
    assert [tool.name for tool in tools.active_tools(context)] == ["weather"]


async def test_a_result_that_the_model_had_no_time_to_tell_is_told_in_the_next_life(
    lives: Lives, monkeypatch: Any
) -> None:
    monkeypatch.setattr(delivery, "ELSEWHERE", 3600.0)
    assert "hi" in await lives.commands.delegation.delegate(message(), "hi")
    await until(lambda: lives.task(1).delivery == "uncertain")
    await lives.kill()
    await lives.begin()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["（重发：这条消息之前可能已经送达）\n✅ 后台任务 1 已完成：hi\nhi"]


async def test_a_delegated_task_that_was_cut_off_by_a_kill_is_reported(lives: Lives) -> None:
    asked = asyncio.create_task(lives.commands.delegation.delegate(message(), "hold"))
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await lives.kill()
    asked.cancel()
    await lives.begin()
    await until(lambda: lives.astr.told())
    assert "已中断：hold" in lives.astr.told()[0] and lives.gateway.texts() == ["hold"]
    assert lives.task(1).end != DONE
