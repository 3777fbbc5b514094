"""When a timer runs: what is understood, what is refused, and daylight saving."""

from __future__ import annotations

import contextlib
import itertools
import random
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from openclaw.timer_times import SHORTEST, Schedule, TimeError, parse, shown

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

#: A Friday.
NOW = datetime(2026, 11, 27, 14, 30, 20, 500, tzinfo=SHANGHAI).astimezone(timezone.utc)


@pytest.mark.parametrize(
    ("text", "run", "kind"),
    [
        ("18:30", "2026-11-27 18:30", "once"),
        ("9:00", "2026-11-28 09:00", "once"),  # Today's is over.
        ("14:30", "2026-11-28 14:30", "once"),
        ("今天 18:30", "2026-11-27 18:30", "once"),
        ("明天 9:00", "2026-11-28 09:00", "once"),
        ("后天9点", "2026-11-29 09:00", "once"),
        ("明天下午3点半", "2026-11-28 15:30", "once"),
        ("明天早上八点", "2026-11-28 08:00", "once"),
        ("晚上十点二十五分", "2026-11-27 22:25", "once"),
        ("明天中午12点", "2026-11-28 12:00", "once"),
        ("明天凌晨12点", "2026-11-28 00:00", "once"),
        ("明天中午11点", "2026-11-28 11:00", "once"),
        ("明天十点钟", "2026-11-28 10:00", "once"),
        ("明天9点15", "2026-11-28 09:15", "once"),
        ("明天9点05", "2026-11-28 09:05", "once"),
        ("明天九点零五分", "2026-11-28 09:05", "once"),
        ("明天九点四十五", "2026-11-28 09:45", "once"),
        ("明天9点一刻", "2026-11-28 09:15", "once"),
        ("明天九点三刻", "2026-11-28 09:45", "once"),
        ("明天 9时30分", "2026-11-28 09:30", "once"),
        ("明天九点〇五分", "2026-11-28 09:05", "once"),
        ("明天九點半", "2026-11-28 09:30", "once"),
        ("下週一 9:00", "2026-11-30 09:00", "once"),
        ("兩個小時後", "2026-11-27 16:30:20", "once"),
        ("06点", "2026-11-28 06:00", "once"),
        ("晚上1点", "2026-11-28 01:00", "once"),
        ("今天晚上12点", "2026-11-28 00:00", "once"),
        ("今晚12点半", "2026-11-28 00:30", "once"),
        ("明天晚上12点", "2026-11-29 00:00", "once"),
        ("明天晚上2点", "2026-11-29 02:00", "once"),
        ("明天24:00", "2026-11-29 00:00", "once"),
        ("今晚24点", "2026-11-28 00:00", "once"),
        ("2026年12月1日晚上12点", "2026-12-02 00:00", "once"),
        ("半夜2点", "2026-11-28 02:00", "once"),
        ("今晚8点", "2026-11-27 20:00", "once"),
        ("今晚上八点", "2026-11-27 20:00", "once"),
        ("晚8点", "2026-11-27 20:00", "once"),
        ("明早8点", "2026-11-28 08:00", "once"),
        ("明晚7点半", "2026-11-28 19:30", "once"),
        ("明日 9:00", "2026-11-28 09:00", "once"),
        ("大后天9点", "2026-11-30 09:00", "once"),
        ("周五 18:30", "2026-11-27 18:30", "once"),
        ("周五 9:00", "2026-12-04 09:00", "once"),
        ("周五晚上12点", "2026-11-28 00:00", "once"),
        ("星期天上午10点", "2026-11-29 10:00", "once"),
        ("这周日 9:00", "2026-11-29 09:00", "once"),
        ("下周一 9:00", "2026-11-30 09:00", "once"),
        ("下个星期五9点", "2026-12-04 09:00", "once"),
        ("下周日 9:00", "2026-12-06 09:00", "once"),
        ("下下周三 9:00", "2026-12-09 09:00", "once"),
        ("friday 18:30", "2026-11-27 18:30", "once"),
        ("on Monday at 9:00", "2026-11-30 09:00", "once"),
        ("tonight at 8:00", "2026-11-27 20:00", "once"),
        ("tonight 9pm", "2026-11-27 21:00", "once"),
        ("12月1日 9:00", "2026-12-01 09:00", "once"),
        ("十二月一号上午九点", "2026-12-01 09:00", "once"),
        ("1月5日 9:00", "2027-01-05 09:00", "once"),
        ("18：30", "2026-11-27 18:30", "once"),
        ("１８：３０", "2026-11-27 18:30", "once"),
        ("10分钟后", "2026-11-27 14:40:20", "once"),
        ("10 分钟之后", "2026-11-27 14:40:20", "once"),
        ("十分钟后", "2026-11-27 14:40:20", "once"),
        ("半小时后", "2026-11-27 15:00:20", "once"),
        ("两个小时后", "2026-11-27 16:30:20", "once"),
        ("一个半小时后", "2026-11-27 16:00:20", "once"),
        ("2个半小时后", "2026-11-27 17:00:20", "once"),
        ("1小时30分钟后", "2026-11-27 16:00:20", "once"),
        ("一刻钟后", "2026-11-27 14:45:20", "once"),
        ("3天后", "2026-11-30 14:30:20", "once"),
        ("3天后 9:00", "2026-11-30 09:00", "once"),
        ("三天后早上9点", "2026-11-30 09:00", "once"),
        ("in 3 days at 9:00", "2026-11-30 09:00", "once"),
        ("5秒后", "2026-11-27 14:30:25", "once"),
        ("2026-12-01 09:00", "2026-12-01 09:00", "once"),
        ("2026-12-01T09:00", "2026-12-01 09:00", "once"),
        ("2026/12/1 9:00", "2026-12-01 09:00", "once"),
        ("2026年12月1日 9点", "2026-12-01 09:00", "once"),
        ("in 10m", "2026-11-27 14:40:20", "once"),
        ("in 10 minutes", "2026-11-27 14:40:20", "once"),
        ("In half an hour", "2026-11-27 15:00:20", "once"),
        ("in 2 days", "2026-11-29 14:30:20", "once"),
        ("tomorrow 9:00", "2026-11-28 09:00", "once"),
        ("tomorrow at 9pm", "2026-11-28 21:00", "once"),
        ("12am", "2026-11-28 00:00", "once"),
        ("12:15 pm", "2026-11-28 12:15", "once"),
        ("9:00 p.m.", "2026-11-27 21:00", "once"),
        ("每天 8:00", "2026-11-28 08:00", "daily"),
        ("每天18:30", "2026-11-27 18:30", "daily"),
        ("每晚10点", "2026-11-27 22:00", "daily"),
        ("每天早8点", "2026-11-28 08:00", "daily"),
        ("每天晚上12点", "2026-11-28 00:00", "daily"),
        ("every day 8:00", "2026-11-28 08:00", "daily"),
        ("daily at 8:00", "2026-11-28 08:00", "daily"),
        ("每周一 9:00", "2026-11-30 09:00", "weekly"),
        ("每星期天 9:00", "2026-11-29 09:00", "weekly"),
        ("每个周一 9:00", "2026-11-30 09:00", "weekly"),
        ("每周五晚上12点", "2026-11-28 00:00", "weekly"),
        ("每周日晚上1点", "2026-11-30 01:00", "weekly"),
        ("每周五 18:30", "2026-11-27 18:30", "weekly"),
        ("每周五 14:30", "2026-12-04 14:30", "weekly"),
        ("every monday 9:00", "2026-11-30 09:00", "weekly"),
        ("every Fri at 18:30", "2026-11-27 18:30", "weekly"),
        ("每30分钟", "2026-11-27 15:00:20", "every"),
        ("每隔半小时", "2026-11-27 15:00:20", "every"),
        ("每小时", "2026-11-27 15:30:20", "every"),
        ("每一个半小时", "2026-11-27 16:00:20", "every"),
        ("every 2h", "2026-11-27 16:30:20", "every"),
        ("every hour", "2026-11-27 15:30:20", "every"),
    ],
)
def test_what_is_understood(text: str, run: str, kind: str) -> None:
    for rest in (" 写日报\n\n  第二行", ""):
        schedule, first, task = parse(text + rest, NOW, SHANGHAI)
        assert (shown(first, SHANGHAI), schedule.kind, task) == (run, kind, rest.strip())
        assert Schedule.read(schedule.stored()) == schedule


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "timer_unknown_time"),
        ("任务怎么写", "timer_unknown_time"),
        ("30", "timer_unknown_time"),
        ("3 apples", "timer_unknown_time"),
        ("18:30:15 x", "timer_unknown_time"),
        ("18:305 x", "timer_unknown_time"),
        ("118:30 x", "timer_unknown_time"),
        ("每天 x", "timer_unknown_time"),
        ("每2天 9:00 x", "timer_unknown_time"),
        ("每个半小时 x", "timer_unknown_time"),  # Half an hour, or one and a half?
        ("每 个半小时 x", "timer_unknown_time"),
        ("every blue moon", "timer_unknown_time"),
        ("十十分钟后", "timer_unknown_time"),
        ("9" * 5000 + "分钟后", "timer_unknown_time"),
        ("今天 9:00 x", "timer_past"),
        ("2026-11-27 14:30 x", "timer_past"),
        ("2020-01-01 9:00 x", "timer_past"),
        ("0001-01-01 00:00 x", "timer_past"),
        ("0分钟后 x", "timer_past"),
        ("11月20日 9:00 x", "timer_past"),
        ("这周一 9:00 x", "timer_past"),
        ("今早8点 x", "timer_past"),
        ("周末 9:00 x", "timer_unknown_time"),
        ("每月1号 9:00 x", "timer_unknown_time"),
        ("每两周周一 9:00 x", "timer_unknown_time"),
        ("every month 9:00 x", "timer_unknown_time"),
        ("next friday 9:00 x", "timer_unknown_time"),
        ("9.30 x", "timer_unknown_time"),
        ("999999999天后 9:00 x", "timer_too_far"),
        ("2月30日 9:00 x", "timer_no_such_time"),
        ("24:30 x", "timer_no_such_time"),
        ("上午15点 x", "timer_no_such_time"),
        ("早上12点 x", "timer_no_such_time"),
        ("中午5点 x", "timer_no_such_time"),
        ("凌晨8点 x", "timer_no_such_time"),
        ("15:00 am x", "timer_no_such_time"),
        ("0:30 pm x", "timer_no_such_time"),
        ("上午 3:00 pm x", "timer_no_such_time"),
        ("25:00 x", "timer_no_such_time"),
        ("9:60 x", "timer_no_such_time"),
        ("九十点 x", "timer_no_such_time"),
        ("2027-02-29 9:00 x", "timer_no_such_time"),
        ("2026-13-01 9:00 x", "timer_no_such_time"),
        ("0000-00-00 9:00 x", "timer_no_such_time"),
        ("9999-12-31 23:59 x", "timer_too_far"),
        ("2028-01-01 9:00 x", "timer_too_far"),
        ("999999999天后 x", "timer_too_far"),
        ("in 99999999 h", "timer_too_far"),
        ("每999999999小时 x", "timer_too_far"),
        ("每10秒 x", "timer_too_often"),
        ("每分钟 x", "timer_too_often"),
        ("every 9m x", "timer_too_often"),
        ("每0分钟 x", "timer_too_often"),
    ],
)
def test_what_is_refused(text: str, key: str) -> None:
    with pytest.raises(TimeError) as refused:
        parse(text, NOW, SHANGHAI)
    assert refused.value.text == key


def runs(schedule: Schedule, first: datetime, zone: ZoneInfo, count: int) -> list[str]:
    found = [first]
    for _ in range(count - 1):
        after = schedule.after(found[-1], found[-1], zone)
        assert after is not None and after > found[-1]
        found.append(after)
    return [f"{shown(run, zone)} {run.astimezone(zone).tzname()}" for run in found]


def test_a_skipped_time_runs_later_and_a_repeated_one_runs_once() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN).astimezone(timezone.utc)
    schedule, first, _ = parse("每天 2:30 x", before, BERLIN)
    assert runs(schedule, first, BERLIN, 3) == [
        "2026-03-29 03:30 CEST",
        "2026-03-30 02:30 CEST",
        "2026-03-31 02:30 CEST",
    ]
    before = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN).astimezone(timezone.utc)
    schedule, first, _ = parse("每天 2:30 x", before, BERLIN)
    assert runs(schedule, first, BERLIN, 2) == ["2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"]
    # Half an hour by the clock of the world, through both changes.
    schedule, first, _ = parse("每30分钟 x", before, BERLIN)
    assert all(run.endswith(("00 CEST", "30 CEST", "00 CET", "30 CET")) for run in runs(schedule, first, BERLIN, 60))
    moments = [first]
    for _ in range(60):
        moments.append(schedule.after(moments[-1], moments[-1], BERLIN) or first)
    assert {(b - a).total_seconds() for a, b in itertools.pairwise(moments)} == {1800}


def test_one_run_at_a_skipped_time_is_refused() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN).astimezone(timezone.utc)
    for text in ("明天 2:30 x", "2026-03-29 02:30 x"):
        with pytest.raises(TimeError) as refused:
            parse(text, before, BERLIN)
        assert (refused.value.text, refused.value.values["when"]) == ("timer_skipped", "2026-03-29 02:30")


def test_after_a_long_pause_only_the_next_run_counts() -> None:
    schedule, first, _ = parse("每30分钟 x", NOW, SHANGHAI)
    late = first.replace(day=30)
    after = schedule.after(first, late, SHANGHAI)
    assert after is not None and late < after and (after - late).total_seconds() <= 1800
    assert (after - first).total_seconds() % 1800 == 0
    assert Schedule("once").after(first, late, SHANGHAI) is None


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        ["daily"],
        ["hourly", 0, 0, 0],
        ["daily", 1440, 0, 0],
        ["daily", "9", 0, 0],
        ["daily", 0, 7, 0],
        ["every", 0, 0, SHORTEST - 1],
        ["every", 0, 0, 10**30],
        ["daily", True, 0, 0],
        [["daily"], 0, 0, 0],
    ],
)
def test_a_stored_schedule_is_checked(stored: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Schedule.read(stored)


def test_any_text_is_understood_or_refused_at_once() -> None:
    chance = random.Random(17)
    pieces = [
        "每",
        "隔",
        "天",
        "周",
        "一",
        "十",
        "半",
        "个",
        "小时",
        "分钟",
        "后",
        "点",
        "分",
        "明天",
        "晚上",
        "9",
        ":",
        "：",
        "30",
    ]
    pieces += [
        " ",
        "　",
        "\n",
        "in",
        "every",
        "day",
        "mon",
        "at",
        "am",
        "h",
        "m",
        "-",
        "2026-12-01",
        "T",
        "٣",
        "x",
        "\u200b",
        "\ud800",
    ]
    pieces += ["今", "后", "下", "早", "零", "刻", "月", "日", "周五", "friday", "p.m.", "24", "和"]
    for _ in range(40_000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 9)))
        try:
            schedule, run, rest = parse(text, NOW, BERLIN)
        except TimeError:
            continue
        assert run > NOW and rest in text and Schedule.read(schedule.stored()) == schedule
    # Quadratic patterns would take minutes.
    for start in ("每", "in", "every", "明天", "9点", "每天", "", "2026-12-01", "9:00", "3天后", "下周一", "12月"):
        for filler in (" ", "　", "9", "十", "每天 ", "晚上", "和"):
            with contextlib.suppress(TimeError):
                parse(start + filler * 200_000, NOW, BERLIN)
