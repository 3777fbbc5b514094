"""Background tasks: at once an id, later the result in the chat; listed, shown, cancelled, bounded."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from background_rig import ADMIN, ASKER, CHAT, OTHER, Lives, quick
from chat_rig import until
from fake_commands import MessageChain
from gateway import Gateway
from openclaw import atomic_file, background
from openclaw.task_store import CANCELLED, DONE, FAILED, RUNNING, TOLD, UNDELIVERED, WAITING

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("quick")]
__all__ = ["quick"]


@pytest_asyncio.fixture
async def lives(tmp_path: Path, gateway: Gateway) -> AsyncIterator[Lives]:
    lives = Lives(tmp_path, gateway)
    await lives.begin()
    yield lives
    gateway.release.set()
    await lives.end()


async def test_a_task_gives_an_id_at_once_and_its_result_is_pushed(lives: Lives) -> None:
    assert "编号 1" in await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    assert lives.astr.sent == [] and lives.task(1).state == RUNNING
    # The chat goes on: a task in between is not behind it for ever, and its progress can be seen.
    assert "运行" in await lives.ask("任务 1") and "1 ▶️运行" in await lives.ask("任务")
    (live,) = lives.commands.background.live()
    await until(lambda: lives.commands.background.output(1) == "ab")
    assert live.task.id == 1 and "目前的输出：\nab" in await lives.ask("任务 1")
    lives.gateway.release.set()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hold\nab"]
    task = await lives.state(1, DONE)
    await until(lambda: lives.task(1).delivery == TOLD)
    assert (task.result, task.end, task.text, task.asker, task.chat) == ("ab", DONE, "hold", "qq:1", CHAT)
    assert "ab" in await lives.ask("任务 1") and "1 ✅完成" in await lives.ask("TASKS")
    lines = [json.loads(line) for line in Path(lives.commands.audit._file.baseFilename).read_text("utf-8").splitlines()]
    assert ("background", "completed", "qq:1") in {(line["door"], line["outcome"], line["who"]) for line in lines}


async def test_lines_of_a_task_are_kept_and_other_words_are_plain_tasks(lives: Lives) -> None:
    await lives.ask("后台\n第一行\n  第二行")
    task = await lives.state(1, DONE)
    assert task.text == "第一行\n  第二行" == task.result
    assert await lives.ask("任务很多怎么办") == "任务很多怎么办"
    assert await lives.ask("取消订单 5") == "取消订单 5"
    assert "请写明任务" in await lives.ask("后台")
    assert len(lives.commands.background.all()) == 1


async def test_one_runs_at_a_time_in_order(lives: Lives) -> None:
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await lives.ask("后台 second", OTHER)
    await lives.ask("后台 third")
    assert [lives.task(number).state for number in (1, 2, 3)] == [RUNNING, WAITING, WAITING]
    lives.gateway.release.set()
    await lives.state(3, DONE)
    assert lives.gateway.texts() == ["hold", "second", "third"] and lives.gateway.most_running == 1


async def test_a_waiting_and_a_running_task_are_cancelled(lives: Lives) -> None:
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await lives.ask("后台 second")
    assert "后台任务不受影响：1、2" in await lives.ask("取消")
    assert lives.task(1).state == RUNNING
    assert "已请求取消后台任务 2" in await lives.ask("取消 2")
    assert lives.task(2).state == CANCELLED
    assert "已请求取消后台任务 1" in await lives.ask("取消 ＃１")
    await lives.state(1, CANCELLED)
    assert "已经结束" in await lives.ask("取消 1") and "没有编号为 7" in await lives.ask("cancel 7")
    # Who has cancelled it here need not be told again.
    assert lives.astr.sent == [] and lives.gateway.texts() == ["hold"]


async def test_an_admin_cancels_everything_and_the_askers_are_told(lives: Lives) -> None:
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await lives.ask("后台 second", OTHER)
    assert "全部 2 个" in await lives.ask("全部取消", ADMIN, admin=True)
    await until(lambda: len(lives.astr.sent) == 2)
    assert [lives.task(number).state for number in (1, 2)] == [CANCELLED, CANCELLED]
    assert "已取消：hold" in lives.astr.told()[0] and "已取消：second" in lives.astr.told("qq:FriendMessage:2")[0]


async def test_a_task_that_fails_says_why(lives: Lives) -> None:
    await lives.ask("后台 drop")
    task = await lives.state(1, FAILED)
    await until(lambda: lives.astr.told())
    assert "失败：drop" in lives.astr.told()[0] and "stream_interrupted" in task.result and "half" in task.result
    assert lives.commands._engine.last_faults[0]["code"] == "stream_interrupted"


async def test_who_sees_which_task(lives: Lives) -> None:
    await lives.ask("后台 private")
    await lives.ask("后台 of the group", group="555")
    await lives.ask("后台 of another", OTHER, group="555")
    await lives.state(3, DONE)
    in_group = await lives.ask("任务", group="555")
    assert "of the group" in in_group and "private" not in in_group and "another" not in in_group
    private = await lives.ask("任务")
    assert "of the group" in private and "private" in private and "another" not in private
    assert "没有编号为 1" in await lives.ask("任务 1", group="555")
    assert "没有编号为 3" in await lives.ask("任务 3") and "没有编号为 1" in await lives.ask("取消 1", OTHER)
    assert "of another" in await lives.ask("任务 3", ADMIN, admin=True)
    everything = await lives.ask("全部任务", ADMIN, admin=True)
    assert all(words in everything for words in ("private", "of the group", "qq:1", "qq:2"))
    assert "只有管理员" in await lives.ask("全部任务") and "请私聊" in await lives.ask(
        "全部任务", ADMIN, admin=True, group="555"
    )


async def test_results_are_masked_as_replies_to_their_chat_are(lives: Lives) -> None:
    secret, token = "OPENAI_API_KEY=Sup3rS3cr3t", lives.gateway.token
    await lives.ask(f"后台 {secret} {token}", group="555")
    await lives.ask(f"后台 {secret} {token}")
    await until(lambda: [task.delivery for task in lives.commands.background.all()] == [TOLD, TOLD])
    await lives.commands.background._store.flush()
    group, private = lives.astr.told("qq:GroupMessage:555")[0], lives.astr.told()[0]
    assert "Sup3r" not in group and "Sup3rS3cr3t" in private and token not in group + private
    stored = "".join(path.read_text("utf-8") for path in lives.commands.background._store._folder.iterdir())
    assert token not in stored and stored.count("Sup3rS3cr3t") == 2


async def test_a_long_result_is_cut_with_a_sentence(lives: Lives) -> None:
    await lives.ask("后台 many 40000")
    task = await lives.state(1, DONE)
    assert task.result.endswith("其余部分未保存）") and len(task.result.encode()) <= 32 << 10


async def test_tasks_are_bounded_for_a_person_and_in_all(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "LIVE_PER_ASKER", 2)
    monkeypatch.setattr(background, "LIVE_IN_ALL", 4)
    for _ in range(2):
        await lives.ask("后台 hold")
    assert "2 个后台任务" in await lives.ask("后台 third") and "busy" in await lives.ask("后台 third")
    for _ in range(2):
        await lives.ask("后台 x", ADMIN, admin=True)
    assert "busy" in await lives.ask("后台 fifth", ADMIN, admin=True)
    assert len(lives.commands.background.all()) == 4


async def test_a_task_whose_place_was_taken_waits_again(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_AGAIN", 0.0)
    engine = lives.commands._engine
    ask, full = engine.ask, [engine.fault("busy", "queue_full", n=1)] * 2

    def taken(*args: Any, **more: Any) -> Any:
        if full:
            raise full.pop()
        return ask(*args, **more)

    monkeypatch.setattr(engine, "ask", taken)
    await lives.ask("后台 hi")
    await lives.state(1, DONE)
    assert full == [] and lives.gateway.texts() == ["hi"]


async def test_a_platform_that_refuses_is_asked_again_and_then_the_result_is_shown(lives: Lives) -> None:
    lives.astr.answers = [False, RuntimeError("no"), False, False]
    await lives.ask("后台 hi")
    task = await lives.state(1, UNDELIVERED)
    await until(lambda: lives.task(1).delivery == "given_up")
    assert lives.astr.sent == [] and lives.task(1).tries == 4 and task.end == DONE
    assert "1 📭未送达" in await lives.ask("任务") and "hi" in await lives.ask("任务 1")
    assert (lives.task(1).state, lives.task(1).delivery) == (DONE, TOLD)


async def test_a_refusal_that_passes_is_no_loss(lives: Lives) -> None:
    lives.astr.answers = [RuntimeError("no"), False]
    await lives.ask("后台 hi")
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：hi\nhi"]
    await lives.state(1, DONE)


async def test_what_may_have_arrived_is_marked_when_it_is_sent_again(lives: Lives) -> None:
    lives.astr.answers = [TimeoutError()]
    await lives.ask("后台 hi")
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["（重发：这条消息之前可能已经送达）\n✅ 后台任务 1 已完成：hi\nhi"]


async def test_what_was_asked_for_meanwhile_is_not_sent_again(lives: Lives) -> None:
    gate = asyncio.Event()
    lives.astr.answers = [gate]
    await lives.ask("后台 hi")
    await until(lambda: not lives.astr.answers)
    assert "hi" in await lives.ask("任务 1")
    gate.set()
    await until(lambda: not lives.commands.background._delivery._sending)
    assert lives.task(1).delivery == TOLD and len(lives.astr.sent) == 1


async def test_a_result_is_not_sent_to_who_has_lost_the_right(lives: Lives) -> None:
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    lives.commands._settings.users = ()
    lives.gateway.release.set()
    await lives.state(1, DONE)
    await until(lambda: lives.task(1).delivery == "given_up")
    assert lives.astr.sent == []


async def test_a_task_that_cannot_be_kept_does_not_run(lives: Lives) -> None:
    folder = lives.commands.background._store._folder
    folder.write_text("in the way")
    assert "无法写入磁盘" in await lives.ask("后台 hi")
    assert lives.commands.background.all() == [] and lives.gateway.requests == []
    folder.unlink()
    await lives.ask("后台 hi")
    await lives.state(2, DONE)


async def test_of_a_task_in_a_command_or_tool_of_a_turn_nothing_begins(lives: Lives) -> None:
    from chat_rig import Event, say
    from openclaw import reentry

    for entered in (reentry.running_command, reentry.running_tool):
        with entered():
            assert "不能从中再次调用" in await lives.ask("后台 hi")
    event = Event(ASKER, "助手 后台 hi")
    reentry.answers(event)
    assert "不能从中再次调用" in (await say(lives.commands, event))[0]
    assert lives.gateway.requests == []


async def test_a_task_that_cannot_begin_holds_up_no_other(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_tools(*_: Any) -> Any:
        monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [])
        raise TypeError("AstrBot has changed")

    monkeypatch.setattr("openclaw.tools.of_turn", no_tools)
    await lives.ask("后台 first")
    await lives.ask("后台 second")
    await lives.state(2, DONE)
    assert lives.task(1).state == FAILED and "TypeError" in lives.task(1).result


async def test_a_result_is_on_disk_before_anything_else_is(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storing the guards' state can take seconds; a kill meanwhile must not lose the result."""
    folder, kept = lives.commands.background._store._folder, []

    async def turn_ended(fault: Any = None) -> None:
        kept.append(json.loads((folder / "1.json").read_text("utf-8"))["state"])
        assert lives.astr.sent == []

    monkeypatch.setattr(lives.commands._engine, "turn_ended", turn_ended)
    await lives.ask("后台 hi")
    await until(lambda: lives.astr.told())
    assert kept == [DONE]


async def test_everything_that_an_admin_has_queued_is_told(lives: Lives) -> None:
    await lives.ask("后台 hold", ADMIN, admin=True)
    for number in range(30):
        await lives.ask(f"后台 n{number}", ADMIN, admin=True)
    lives.gateway.release.set()
    await until(lambda: len(lives.astr.sent) == 31)
    assert len({text for _, text in lives.astr.sent}) == 31


async def test_a_platform_that_only_answers_counts_as_refusing(lives: Lives) -> None:
    """AstrBot calls it sent, although nothing was."""
    meta = types.SimpleNamespace(id="qq", support_proactive_message=False)
    platform = types.SimpleNamespace(meta=lambda: meta)
    lives.astr.platform_manager = types.SimpleNamespace(get_insts=lambda: [platform])
    await lives.ask("后台 hi")
    await until(lambda: lives.task(1) and lives.task(1).delivery == "given_up")
    assert lives.astr.sent == [] and "hi" in await lives.ask("任务 1")
    with pytest.raises(RuntimeError, match="of its own accord"):
        await lives.task(1).sender.event(lives.astr).send(MessageChain().message("🔐"))


async def test_while_the_gateway_rests_tasks_wait(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_AGAIN", 0.0)
    monkeypatch.setattr(background, "_LONGEST", 0.01)
    for _ in range(2):
        assert "stream_interrupted" in await lives.ask("drop")
    await lives.ask("后台 hi")
    await lives.ask("后台 second", OTHER)
    await asyncio.sleep(0.2)
    assert {lives.task(number).state for number in (1, 2)} <= {WAITING, RUNNING} and lives.astr.sent == []
    assert "已复位" in await lives.ask("熔断复位", ADMIN, admin=True)
    await lives.state(2, DONE)
    assert lives.gateway.texts() == ["drop", "drop", "hi", "second"]


async def test_no_task_waits_for_ever(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_PATIENCE", 0.0)
    for _ in range(2):
        await lives.ask("drop")
    await lives.ask("后台 hi")
    assert "circuit_open" in (await lives.state(1, FAILED)).result


async def test_a_task_that_comes_while_everything_ends_is_not_taken(lives: Lives, monkeypatch: Any) -> None:
    gate = asyncio.Event()

    async def slow(*_: Any) -> list[Any]:
        await gate.wait()
        return []

    monkeypatch.setattr("openclaw.attachments.of_message", slow)
    asked = asyncio.create_task(lives.ask("后台 hi"))
    await asyncio.sleep(0.05)
    await lives.commands.background.stop()
    gate.set()
    assert "cancelled" in await asked and list(lives.commands.background._store._folder.glob("*")) == []


async def test_what_cannot_be_stored_about_the_guards_holds_up_no_result(lives: Lives, monkeypatch: Any) -> None:
    async def fails(fault: Any = None) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr(lives.commands._engine, "turn_ended", fails)
    await lives.ask("后台 hi")
    await until(lambda: lives.astr.told())


async def test_a_long_result_comes_in_several_messages_and_none_comes_twice(lives: Lives) -> None:
    text = "\n".join(f"第 {number} 行" + "字" * 90 for number in range(60))
    lives.astr.answers = [True, False]
    await lives.ask(f"后台 {text}")
    await until(lambda: lives.task(1) and lives.task(1).delivery == TOLD)
    told = lives.astr.told()
    assert len(told) == 2 and max(map(len, told)) <= 3000
    assert "\n".join(told).endswith(text), "a line is missing or cut"


async def test_a_cancelled_task_does_not_run_after_a_full_disk(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    await lives.ask("后台 hold")
    assert await asyncio.to_thread(lives.gateway.held.wait, 20)
    await lives.ask("后台 second")
    full = atomic_file.write_json

    def write(path: Path, value: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file, "write_json", write)
    assert "已请求取消" in await lives.ask("取消 2")
    await lives.end()
    monkeypatch.setattr(atomic_file, "write_json", full)
    await lives.begin()
    await until(lambda: lives.astr.told())
    assert "已中断：hold" in lives.astr.told()[0] and lives.task(2) is None and lives.gateway.texts() == ["hold"]
