"""Background tasks over reloads and kills, in every state: no result is lost, and nothing runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from background_rig import ADMIN, ASKER, CHAT, OTHER, Lives, quick
from chat_rig import Event, say, until
from gateway import Gateway
from openclaw import delivery, turn_request
from openclaw.task_store import CANCELLED, DONE, INTERRUPTED, RUNNING, TOLD, WAITING

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("quick")]
__all__ = ["quick"]

MARK = "（重发：这条消息之前可能已经送达）"


@pytest_asyncio.fixture
async def lives(tmp_path: Path, gateway: Gateway) -> AsyncIterator[Lives]:
    lives = Lives(tmp_path, gateway)
    await lives.begin()
    yield lives
    gateway.release.set()
    await lives.end()


@pytest.fixture(params=["reload", "kill"])
def ends(request: Any, lives: Lives) -> Any:
    """How the first life ends."""
    return lives.end if request.param == "reload" else lives.kill


async def held(lives: Lives) -> None:
    """A task that runs, and does not end."""
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)


async def test_what_ran_is_interrupted_and_told_and_what_waited_goes_on(lives: Lives, ends: Any) -> None:
    await held(lives)
    await lives.ask("后台 second", group="555")
    assert [lives.task(number).state for number in (1, 2)] == [RUNNING, WAITING]
    await ends()
    assert lives.astr.sent == []
    await lives.begin()
    await lives.state(2, DONE)
    await until(lambda: len(lives.astr.sent) == 2)
    assert "后台任务 1 已中断：hold" in lives.astr.told()[0] and "没有自动重跑" in lives.astr.told()[0]
    assert lives.astr.told("qq:GroupMessage:555") == ["✅ 后台任务 2 已完成：second\nsecond"]
    assert lives.gateway.texts() == ["hold", "second"]
    # It ran in the same session as it would have before.
    await lives.ask("x", group="555")
    assert lives.gateway.requests[-1]["user"] == lives.gateway.requests[-2]["user"]
    assert lives.task(1).state == INTERRUPTED and "3" in await lives.ask("后台 third")


async def test_an_end_that_was_not_told_is_told_in_the_next_life(lives: Lives, ends: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(delivery, "PAUSES", (3600.0,))
    lives.astr.answers = [False]
    await lives.ask("后台 hi")
    await until(lambda: lives.task(1) and lives.task(1).tries == 1)
    await ends()
    await lives.begin()
    await until(lambda: lives.astr.told())
    await until(lambda: lives.task(1).delivery == TOLD)
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hi\nhi"] and lives.gateway.texts() == ["hi"]
    await ends()
    await lives.begin()
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hi\nhi"] and "hi" in await lives.ask("任务 1")


async def test_what_was_being_sent_is_sent_again_with_a_mark(lives: Lives, ends: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(delivery, "_STOPPING", 0.01)
    lives.astr.answers = [asyncio.Event()]
    await lives.ask("后台 hi")
    await until(lambda: not lives.astr.answers)
    assert lives.task(1).delivery == "uncertain"
    await ends()
    await lives.begin()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == [f"{MARK}\n✅ 后台任务 1 已完成：hi\nhi"] and lives.gateway.texts() == ["hi"]


async def test_tries_are_bounded_over_all_lives(lives: Lives, ends: Any) -> None:
    lives.astr.answers = [False] * 50
    await lives.ask("后台 hi")
    await until(lambda: lives.task(1) and lives.task(1).delivery == "given_up")
    tried = len(lives.astr.answers)
    await ends()
    lives.astr.answers = [False] * tried
    await lives.begin()
    await asyncio.sleep(0.05)
    assert len(lives.astr.answers) == tried and "hi" in await lives.ask("任务 1")


async def test_a_cancelled_task_stays_cancelled(lives: Lives, ends: Any) -> None:
    await held(lives)
    await lives.ask("后台 second")
    await lives.ask("取消 2")
    await ends()
    await lives.begin()
    await until(lambda: lives.astr.told())
    assert lives.task(2).state == CANCELLED and lives.gateway.texts() == ["hold"]


async def test_what_is_not_all_on_disk_does_not_go_on(lives: Lives, ends: Any) -> None:
    await held(lives)
    # The token is masked, so that this is not what was asked; nor is it without its attachments.
    await lives.ask(f"后台 use {lives.gateway.token}")
    await lives.ask("后台 " + "x" * 20_000)
    await ends()
    await lives.begin()
    await until(lambda: len(lives.astr.sent) == 3)
    assert [task.state for task in lives.commands.background.all()] == [INTERRUPTED] * 3
    assert sum("没有运行" in text for text in lives.astr.told()) == 2
    assert lives.gateway.texts() == ["hold"]


async def test_rights_are_those_of_the_day_on_which_it_starts(lives: Lives, ends: Any) -> None:
    await held(lives)
    await lives.ask("后台 of an admin", ADMIN, admin=True)
    await lives.ask("后台 of another", OTHER)
    await lives.ask("后台 mine", group="555")
    await ends()
    lives.astr.admins = []
    await lives.begin(users=[ASKER, ADMIN], admin_level="L2", user_level="L1")
    await lives.state(4, DONE)
    states = [task.state for task in lives.commands.background.all()]
    # Who is no admin any more has the level of everybody; who may not ask any more gets nothing.
    assert states == [INTERRUPTED, DONE, CANCELLED, DONE] and lives.task(2).level == "L1"
    assert lives.gateway.texts() == ["hold", "of an admin", "mine"]
    assert lives.astr.told(f"qq:FriendMessage:{OTHER}") == []


async def test_an_approval_after_a_restart_is_asked_in_the_chat(lives: Lives, ends: Any, monkeypatch: Any) -> None:
    from astr_openclaw import Tool

    ran = []

    async def run() -> str:
        ran.append(1)
        return "the tool has run"

    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [Tool("asks", run, level="L1", approval="asker")])
    await held(lives)
    await lives.ask("后台 tool asks {}", group="555")
    await ends()
    await lives.begin()
    group = "qq:GroupMessage:555"
    await until(lambda: any("🔐" in text for text in lives.astr.told(group)))
    assert ran == []
    # Once the platform has taken it.
    await until(lambda: lives.commands.approvals.pending()[0].shown)
    assert "已确认" in await lives.ask("确认", group="555")
    await lives.state(2, DONE)
    await until(lambda: "the tool has run" in lives.astr.told(group)[-1])


async def test_a_new_life_waits_for_nothing_and_knows_no_message(lives: Lives) -> None:
    """A plugin may be loaded from a message, whose context must not become that of all tasks."""
    from openclaw import access

    seen = []
    access.asks(Event(ADMIN, "x", admin=True))
    await lives.end()
    await lives.begin()
    original = lives.commands._engine.ask

    def ask(*args: Any, **more: Any) -> Any:
        seen.append(access.asking_in(CHAT) or access.asking_in(""))
        return original(*args, **more)

    lives.commands._engine.ask = ask  # type: ignore[method-assign]
    await lives.ask("后台 hi")
    await lives.state(1, DONE)
    assert seen == [None]


async def test_who_is_no_admin_any_more_is_none_in_the_turn_of_a_task_that_waited(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool, bool]] = []
    of_event = turn_request.of_event

    async def seen(context: Any, engine: Any, event: Any, text: str, **more: Any) -> Any:
        request = await of_event(context, engine, event, text, **more)
        asked.append((request.level, request.admin, event.is_admin()))
        return request

    monkeypatch.setattr(turn_request, "of_event", seen)
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    event = Event(ADMIN, "助手 后台 second", admin=True)
    await say(lives.commands, event)
    lives.astr.admins = []
    lives.gateway.release.set()
    await lives.state(2, DONE)
    assert asked[1] == ("L1", False, False) and event.is_admin(), "AstrBot's own message is left as it is"
