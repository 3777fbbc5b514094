"""What a person is told of timers that were missed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from openclaw.timer_times import parse
from timer_rig import NOON, SHANGHAI, Background, Rig, rig

__all__ = ["rig"]


def test_a_run_that_was_cut_off_and_those_missed_after_it_are_both_told(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 每30分钟 看看")

        async def killed(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        rig.background.start = killed
        rig.now = NOON + timedelta(minutes=30)
        with pytest.raises(KeyboardInterrupt):
            await rig.timers._fire(1, rig.now)
        rig.background = Background()
        rig.begin()
        rig.now = NOON + timedelta(hours=2, minutes=10)
        await rig.taken_up()
        (told,) = rig.background.told
        begun, missed, after = told.splitlines()
        assert "12:30 周五 开始时停止" in begun and "错过了 2026-11-27 13:00" in missed and "共错过 3 次" in missed
        assert after == "下次运行：2026-11-27 14:30 周五"

    asyncio.run(body())


def test_one_missed_run_is_not_counted_and_many_timers_each_have_their_number(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 12:10 一次")
        await rig.say("定时 每天 12:10 每天")
        rig.begin()
        rig.now = NOON + timedelta(days=3)
        await rig.taken_up()
        (told,) = rig.background.told
        once, daily = (line for line in told.splitlines() if "错过了" in line)
        assert "共错过" not in once and "共错过 3 次" in daily

    asyncio.run(body())


def test_a_machine_that_slept_is_told_how_often_too(rig: Rig) -> None:
    async def body() -> None:
        await rig.say("定时 每30分钟 看看")
        rig.now = NOON + timedelta(hours=1, minutes=40)
        await rig.run(next(iter(rig.jobs.jobs)))
        assert "共错过 3 次" in rig.background.told[0]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("text", "days", "runs"),
    [
        ("12:30 x", 9, 1),
        ("每天 12:30 x", 9, 9),
        ("每周六 12:30 x", 9, 2),
        ("每12小时 x", 9, 18),
        ("每天 12:30 x", 0, 0),
    ],
)
def test_runs_are_counted(text: str, days: int, runs: int) -> None:
    schedule, first, _ = parse(text, NOON, SHANGHAI)
    assert schedule.passed(first, NOON + timedelta(days=days), SHANGHAI) == runs
