"""Where a time ends and its task begins, and which times are refused because they can be meant in two ways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from openclaw.clock_time import TimeError
from openclaw.timer_times import parse, shown
from test_timer_times import NOW, SHANGHAI


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("18:30开会", "开会"),
        ("10分钟后提醒我喝水", "提醒我喝水"),
        ("每天8点提醒我喝水", "提醒我喝水"),
        ("明天9:00：写日报", "写日报"),
        ("明天9点15提醒我开会", "提醒我开会"),
        ("明天9点一刻开会", "开会"),
        ("明天9点15分开会", "开会"),
        ("明天9点15分享文章", "分享文章"),
        ("明天9点整理文件", "整理文件"),
        ("明天9点一起开会", "一起开会"),
        ("明天9点到学校", "到学校"),
        ("明天9点和小王开会", "和小王开会"),
        ("明天9点后端例会", "后端例会"),
        ("明天9点前端例会", "前端例会"),
        ("明天9点 30个单词", "30个单词"),
        ("18:30 明天的天气", "明天的天气"),
        ("18:30 晚上吃什么", "晚上吃什么"),
        ("8:00 每日新闻", "每日新闻"),
        ("每天 22:00 10分钟冥想", "10分钟冥想"),
        ("10分钟后3个人开会", "3个人开会"),
        ("18:30 3号楼检查", "3号楼检查"),
        ("每天8点AI新闻", "AI新闻"),
        ("每小时一次喝水", "一次喝水"),
        ("18:30 ：8点档电视剧", "8点档电视剧"),
        ("18:30 : 9:00 news", "9:00 news"),
        ("18:30 today's news", "today's news"),
        ("every day 8:00 daily news", "daily news"),
        ("9:00 a report", "a report"),
        ("9:00 test it", "test it"),
    ],
)
def test_where_the_task_begins(text: str, left: str) -> None:
    _, _, task = parse(text, NOW, SHANGHAI)
    assert task == left


@pytest.mark.parametrize(
    "text",
    [
        # A second time, or a range.
        "8:00-9:00 开会",
        "8:00 - 9:00 开会",
        "8:00～9:00 开会",
        "明天8点到9点开会",
        "明天8点至下午开会",
        "每天8点和20点吃药",
        "9:00、12:00 吃药",
        "9:00 10:00 吃药",
        "9:00 and 21:00 pills",
        "daily at 9:00 and 21:00 pills",
        "9:00 to 10:00 meeting",
        "每天早9点晚6点打卡",
        "每周一9点和周三9点开会",
        "每周一9点和周三开会",
        "每周一 9:00、周三 9:00 开会",
        "9:00後提醒我",
        "9:00北京时间开会",
        "10分钟后和20分钟后提醒我",
        # The rest of a time.
        "明天9点3个人开会",
        "明天9点15个人开会",
        "明天9点15分钟汇报",
        "明天9点三个人开会",
        "明天9点半小时会议",
        "明天9点差5分提醒我",
        "明天9点过5分提醒我",
        "明天9点前提醒我",
        "明天9点之前交报告",
        "明天9点以后提醒我",
        "明天9点左右提醒我",
        "9:00+08:00 x",
        "9:00Z x",
        "9:00 UTC x",
        "9:00 in the evening x",
        "18:30 30分钟后提醒我",
        "in 1 hour 30 minutes x",
        "in 1 hour and 30 minutes x",
        "in 2 hours and a half x",
        "every hour and a half x",
        "every 2 hours 30 minutes x",
        "每2小时30分钟 x",
        "每30分钟3次 x",
        "每小时整点报时",
        "every hour at 9:00 x",
        # A day, or a rhythm, after the time.
        "9:00 tomorrow x",
        "9:00 on friday x",
        "9:00 friday x",
        "9:00 every day x",
        "9:00 daily x",
        "9:00 每天 x",
        "9:00 每周一 x",
        "18:30 明天 开会",
        "9:00 下午 开会",
        "every day 9:00 except sunday x",
        "every day 9:00 on weekdays x",
        "每天 9:00 除了周日 x",
        "每天 9:00（周末除外） x",
        "每天 9:00 直到周五 x",
    ],
)
def test_what_goes_on_like_a_time_is_refused(text: str) -> None:
    with pytest.raises(TimeError) as refused:
        parse(text, NOW, SHANGHAI)
    assert refused.value.text == "timer_unclear"


@pytest.mark.parametrize(
    "text",
    [
        "3点开会",
        "明天3点开会",
        "每天6点起床",
        "每周一五点半开会",
        "8点开会",
        "十二点吃饭",
        "明天半夜2点 x",
        "周五深夜1点 x",
    ],
)
def test_a_clock_time_that_may_be_either_half_of_the_day_is_refused(text: str) -> None:
    with pytest.raises(TimeError) as refused:
        parse(text, NOW, SHANGHAI)
    assert refused.value.text == "timer_which_half"


def test_what_is_still_to_come_this_morning_is_clear() -> None:
    early = NOW.replace(hour=0) - timedelta(hours=1)  # Seven in Shanghai.
    _, run, _ = parse("8点开会", early, SHANGHAI)
    assert shown(run, SHANGHAI) == "2026-11-27 08:00"
