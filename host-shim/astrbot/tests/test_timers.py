"""Timers: set, listed, cancelled, due, missed; and what outlives a kill."""

from __future__ import annotations

import asyncio
import json
import types
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from astr_openclaw import Fault
from background_rig import Lives, quick
from chat_rig import until
from fake_astrbot import Image
from gateway import Gateway
from openclaw import timers as timers_module
from openclaw.projects import ProjectError
from openclaw.task_job import NotKept
from openclaw.timers import GRACE
from timer_rig import NOON, WHERE, Background, Jobs, Rig, rig

__all__ = ["quick", "rig"]


def test_set_listed_run_and_gone(rig: Rig) -> None:
    async def body() -> None:
        told = await rig.say("定时 18:30 @博客 汇总  今天的\n消息")
        assert "#1" in told and "2026-11-27 18:30 周五" in told and "@博客 汇总 今天的 消息" in told, told
        assert "Asia/Shanghai" in told and "定时 取消 1" in told
        assert "#1" in await rig.say("定时") and "没有定时任务" in await rig.say("定时", sender="2")
        await rig.pass_time(rig.now + timedelta(hours=6))
        assert rig.background.started == []
        await rig.pass_time(rig.now + timedelta(hours=1))
        assert rig.background.started == [("1", "汇总  今天的\n消息", "博客")]
        assert rig.stored() == [] and rig.jobs.jobs == {} and rig.background.told == []

    asyncio.run(body())


def test_a_recurring_timer_goes_on_until_it_is_cancelled(rig: Rig) -> None:
    async def body() -> None:
        for text in ("每天 8:00 早报", "every monday 9:00 weekly", "每30分钟 看看"):
            told = await rig.say("定时 " + text)
        assert "每 30 分钟，下次 2026-11-27 12:30 周五" in told, told
        listed = await rig.say("timer")
        assert "每天 08:00，下次 2026-11-28 08:00 周六" in listed and "每周一 09:00，下次 2026-11-30" in listed, listed
        await rig.pass_time(NOON + timedelta(hours=24))
        texts = [text for _, text, _ in rig.background.started]
        assert (texts.count("早报"), texts.count("weekly"), texts.count("看看")) == (1, 0, 48)
        assert "已取消" in await rig.say("定时 取消 3") and "已取消" in await rig.say("取消定时 ２")
        rig.background.started.clear()
        await rig.pass_time(NOON + timedelta(hours=96))
        assert [text for _, text, _ in rig.background.started] == ["早报"] * 3
        assert "没有编号为 3" in await rig.say("timer cancel #3")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("定时 下辈子 写书", "看不懂时间"),
        ("定时 今天 9:00 写书", "已经过去"),
        ("定时 25:00 写书", "没有“25:00”这个时间"),
        ("定时 每10秒 写书", "间隔至少 10 分钟"),
        ("定时 2036-01-01 9:00 写书", "最多提前 366 天"),
        ("定时 18:30", "请在时间后面写任务"),
        ("定时 18:30 " + "字" * 4001, "最多 4000 字"),
        ("定时 取消 7", "没有编号为 7"),
    ],
)
def test_bad_input_is_one_clear_line(rig: Rig, text: str, words: str) -> None:
    told = asyncio.run(rig.say(text))
    assert words in told and "\n" not in told and rig.timers.all() == []


def test_a_gap_of_daylight_saving_is_one_clear_line(rig: Rig) -> None:
    rig.astrbot["timezone"] = "Europe/Berlin"
    assert "夏令时" in asyncio.run(rig.say("定时 2027-03-28 02:30 写书"))


def test_files_and_secrets_are_not_stored(rig: Rig) -> None:
    async def body() -> None:
        assert "已设定" in await rig.say("定时 18:30 看\u200b图\x07")
        assert rig.stored()[0]["text"] == "看图"
        await rig.say("定时 取消 1")
        assert "不能带附件" in await rig.say("定时 18:30 看图", parts=(Image(),))
        told = await rig.say("定时 18:30 用 sk-abcdefghijklmnop1234567890 登录", group="5")
        assert "疑似密钥" in told and "sk-" not in told and rig.stored() == []

    asyncio.run(body())


def test_timers_are_bounded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        monkeypatch.setattr(timers_module, "PER_ASKER", 2)
        monkeypatch.setattr(timers_module, "IN_ALL", 5)
        for text in ("甲", "乙"):
            assert "已设定" in await rig.say(f"定时 18:30 {text}")
        assert "你已有 2 个定时任务" in await rig.say("定时 18:30 丙")
        assert "已设定" in await rig.say("定时 18:30 甲", sender="2")
        for _ in range(2):  # Of an admin only the bound for all holds.
            assert "已设定" in await rig.say("定时 18:30 甲", sender="9", admin=True)
        assert "已有 5 个" in await rig.say("定时 18:30 甲", sender="9", admin=True)
        assert len(rig.stored()) == len(rig.jobs.jobs) == 5
        ids = [timer["id"] for timer in rig.stored()]
        await rig.say("定时 取消 5", sender="9", admin=True)
        await rig.say("定时 18:30 丁", sender="9", admin=True)
        assert rig.stored()[-1]["id"] == 6 and ids == [1, 2, 3, 4, 5], "an id was used twice"

    asyncio.run(body())


def test_who_sees_and_cancels_whose(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 18:30 群里的", group="5")
        await rig.say("定时 18:30 私下的")
        assert "私下的" not in await rig.say("定时", group="5"), "a group reads it"
        assert "群里的" in await rig.say("定时") and "私下的" in await rig.say("定时")
        assert "没有编号" in await rig.say("定时 取消 1", sender="2", group="5")
        assert "没有编号" in await rig.say("定时 取消 2", group="5")
        assert "没有编号" in await rig.say("定时 取消 1", sender="9", admin=True, group="6")
        assert "群里的" in await rig.say("定时", sender="9", admin=True, group="5")
        assert "已取消" in await rig.say("定时 取消 1", sender="9", admin=True, group="5")
        assert "已取消" in await rig.say("定时 取消 2", sender="9", admin=True)

    asyncio.run(body())


def test_a_missed_run_is_reported_and_not_made_up_for(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 一次")
        await rig.say("定时 每30分钟 多次")
        await rig.say("定时 18:30 以后")
        rig.begin()  # AstrBot was down.
        rig.now = NOON + timedelta(hours=2, minutes=1)
        await rig.taken_up()
        assert rig.background.started == []
        (told,) = rig.background.told  # One message, not a flood of them.
        once, often, after = told.splitlines()
        assert "错过了 2026-11-27 12:10 周五" in once and "错过了 2026-11-27 12:30 周五" in often
        assert after == "下次运行：2026-11-27 14:30 周五"
        assert [timer["id"] for timer in rig.stored()] == [2, 3] and len(rig.jobs.jobs) == 2
        await rig.pass_time(NOON + timedelta(hours=7))
        assert [text for _, text, _ in rig.background.started].count("以后") == 1
        rig.begin()
        await rig.taken_up()
        assert len(rig.background.told) == 1, "reported twice"

    asyncio.run(body())


def test_a_machine_that_slept_has_missed_it_too(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 一次")
        rig.now = NOON + timedelta(minutes=10) + GRACE + timedelta(seconds=1)
        await rig.run(next(iter(rig.jobs.jobs)))
        assert rig.background.started == [] and "错过了" in rig.background.told[0]

    asyncio.run(body())


def test_a_reload_just_then_does_not_miss_it(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 一次")
        old = rig.timers
        await old.stop()
        assert rig.jobs.jobs == {}
        rig.begin()
        rig.now = NOON + timedelta(minutes=10, seconds=3)
        await rig.taken_up()
        assert [text for _, text, _ in rig.background.started] == ["一次"]
        assert rig.background.told == [] and rig.stored() == []
        await old._fire(1, NOON + timedelta(minutes=10))
        assert len(rig.background.started) == 1, "the old instance has run it again"

    asyncio.run(body())


def test_a_kill_while_it_starts_is_reported_and_it_is_not_run_again(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 一次")
        await rig.say("定时 每天 12:10 多次")

        async def killed(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        rig.background.start = killed
        for name in list(rig.jobs.jobs):
            rig.now = NOON + timedelta(minutes=10)
            del rig.jobs.jobs[name]
            with pytest.raises(KeyboardInterrupt):
                await rig.timers._fire(int(name[-1]), rig.now)
        assert all(timer["begun"] for timer in rig.stored()), "not durable before it started"
        rig.background = Background()
        rig.begin()
        await rig.taken_up()
        (told,) = rig.background.told
        assert rig.background.started == [] and told.count("可能没有运行") == 2
        await rig.say("定时 明天 23:00 以后")  # Stores all of them again.
        assert [timer["begun"] for timer in rig.stored()] == [None, None]
        await rig.pass_time(NOON + timedelta(days=1, hours=1))
        assert [text for _, text, _ in rig.background.started] == ["多次"]

    asyncio.run(body())


def test_the_right_and_the_level_are_those_of_then(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 每天 12:10 看看")
        await rig.say("定时 每天 12:10 管理", sender="9", admin=True)
        rig.config["users"] = ["2"]
        rig.astrbot["admins_id"] = []
        rig.begin()
        await rig.taken_up()
        await rig.pass_time(NOON + timedelta(minutes=11))
        assert rig.background.started == [] and rig.background.told == [], "such people get no answer"
        audited = (rig.folder / "audit.jsonl").read_text("utf-8")
        assert audited.count('"denied"') == 2 and '"timer"' in audited
        rig.config["users"] = ["1"]
        rig.astrbot["admins_id"] = ["9"]
        rig.begin()
        await rig.taken_up()
        await rig.pass_time(NOON + timedelta(days=1, minutes=11))
        assert sorted(text for _, text, _ in rig.background.started) == ["看看", "管理"]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("refuses", "words"),
    [
        (Fault.of("busy", "已有 5 个后台任务", "zh"), "busy：已有 5 个后台任务"),
        (ProjectError("project_unknown", name="博客"), "没有项目 @博客"),
        (NotKept("No space left on device"), "No space left"),
        (RuntimeError("secret"), "RuntimeError"),
    ],
)
def test_what_refuses_to_start_is_told(rig: Rig, refuses: Exception, words: str) -> None:
    async def body() -> None:
        await rig.say("定时 每天 12:10 看看")
        rig.background.refuses = refuses
        await rig.pass_time(NOON + timedelta(minutes=11))
        (told,) = rig.background.told
        assert "定时任务 1 到时未能运行" in told and words in told and "secret" not in told
        assert "下次运行：2026-11-28 12:10" in told
        assert [timer["begun"] for timer in rig.stored()] == [None]

    asyncio.run(body())


def test_who_has_lost_the_right_is_not_told_of_a_missed_run(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 看看")
        rig.config["users"] = []
        rig.begin()
        rig.now = NOON + timedelta(hours=1)
        await rig.taken_up()
        assert rig.background.told == [] and rig.stored() == []

    asyncio.run(body())


def test_a_run_that_cannot_be_recorded_is_not_started_but_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 看看")

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("openclaw.atomic_file.write_json", full)
        await rig.pass_time(NOON + timedelta(minutes=11))
        (told,) = rig.background.told
        assert rig.background.started == [] and "到时未能运行" in told and "No space left" in told
        assert "没有定时任务" in await rig.say("定时")

    asyncio.run(body())


def test_a_run_has_no_message_around_it(rig: Rig) -> None:
    async def body() -> None:
        WHERE.set("in a message")
        await rig.say("定时 12:10 看看")
        await rig.pass_time(NOON + timedelta(minutes=11))
        assert rig.background.seen == ["nowhere"]

    asyncio.run(body())


def test_without_a_scheduler_that_is_said(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 每天 12:10 看看")
        rig.begin("none")
        await rig.taken_up()
        assert "没有可用的调度器" in await rig.say("定时 18:30 写书")
        assert "#1" in await rig.say("定时") and "已取消" in await rig.say("定时 取消 1")
        rig.context.cron_manager = None
        assert "没有可用的调度器" in await rig.say("定时 18:30 写书")

    asyncio.run(body())


@pytest.mark.parametrize("name", ["", None, "Mars/Olympus", "../etc/passwd", 8])
def test_a_time_zone_that_is_none_falls_back_to_the_machines(rig: Rig, name: Any, caplog: Any) -> None:
    rig.astrbot["timezone"] = name
    assert rig.timers.scheduler.zone() is timezone.utc
    assert rig.timers.scheduler.zone() is timezone.utc
    # Wrong times would go unnoticed otherwise.
    told = [record.getMessage() for record in caplog.records if "时区" in record.getMessage()]
    assert len(told) == (1 if name else 0) and all(repr(name) in line and "tzdata" in line for line in told), told


def test_a_change_of_the_time_zone_moves_the_clock_times(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 每天 8:00 早报")
        rig.astrbot["timezone"] = "Europe/Berlin"
        rig.begin()
        await rig.taken_up()
        assert "2026-11-27 08:00" in await rig.say("定时"), "eight in Berlin is yet to come"

    asyncio.run(body())


def test_what_cannot_be_stored_is_not_set(rig: Rig) -> None:
    async def body() -> None:
        (rig.folder / "timers.json").mkdir()
        told = await rig.say("定时 18:30 写书")
        assert "无法写入磁盘" in told and rig.timers.all() == [] and rig.jobs.jobs == {}

    asyncio.run(body())


@pytest.mark.asyncio
@pytest.mark.usefixtures("quick")
async def test_by_chat_command_the_result_and_a_missed_run_reach_the_chat(tmp_path: Path, gateway: Gateway) -> None:
    lives = Lives(tmp_path, gateway)
    lives.astr.cron_manager = types.SimpleNamespace(scheduler=Jobs())
    commands = await lives.begin()
    commands._timers.now = lambda: NOON
    await lives.ask("@博客 hi")
    assert "已设定" in await lives.ask("定时 12:10 @博客 看看") and "已设定" in await lives.ask("定时 12:20 错过")
    ((work, _),) = [job for name, job in lives.astr.cron_manager.scheduler.jobs.items() if name.endswith(":1")]
    commands._timers.now = lambda: NOON + timedelta(minutes=10)
    await work()
    await until(lambda: lives.astr.told())
    assert lives.astr.told() == ["✅ 后台任务 1 已完成：@博客 看看\n看看"] and lives.task(1).door == "timer"
    assert gateway.requests[-1]["user"] == gateway.requests[-2]["user"], "not in its project"
    await lives.end()
    assert [name for name in lives.astr.cron_manager.scheduler.jobs if name.endswith(":2")] == []
    # AstrBot is down until long after: the clock of the machine is far behind that of the test.
    path = tmp_path / "data" / "timers.json"
    stored = json.loads(path.read_text("utf-8"))
    stored["timers"][0]["next"] = 1.7e9
    path.write_text(json.dumps(stored))
    await lives.begin()
    await until(lambda: len(lives.astr.told()) == 2)
    assert "❌ 后台任务 2 失败：错过" in lives.astr.told()[1] and "未补跑" in lives.astr.told()[1]
    assert "没有定时任务" in await lives.ask("定时")
    await lives.end()


@pytest.mark.asyncio
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("admins", "level"), [(["9"], "L2"), ([], "L1")])
async def test_the_level_is_that_of_then(tmp_path: Path, gateway: Gateway, admins: list[str], level: str) -> None:
    lives = Lives(tmp_path, gateway)
    lives.astr.cron_manager = types.SimpleNamespace(scheduler=Jobs())
    commands = await lives.begin()
    commands._timers.now = lambda: NOON
    await lives.ask("定时 12:10 看看", sender="9", admin=True)
    ((work, _),) = lives.astr.cron_manager.scheduler.jobs.values()
    commands._timers.now = lambda: NOON + timedelta(minutes=10)
    lives.astr.admins = admins
    await work()
    await until(lambda: lives.astr.told("qq:FriendMessage:9"))
    assert lives.task(1).level == level
    await lives.end()
