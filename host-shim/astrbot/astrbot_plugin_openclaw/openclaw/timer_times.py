"""Reads when a timer runs, in Chinese or English (`明天 9:00`, `every monday 9:00`), and tells when that is next.
Moments are in UTC; only clock times are in AstrBot's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from .texts import TextError

#: The shortest time between two runs, in seconds.
SHORTEST = 600

#: How far ahead a timer may be, in days.
FARTHEST = 366

#: Characters of the longest time; the patterns are not made for more.
_LONGEST = 100

#: Full-width characters, as Chinese input methods type them; each becomes one character.
_NARROW = {0x3000: 0x20, **{0xFF01 + at: 0x21 + at for at in range(94)}}

#: What may stand between a time and its task.
_BREAKS = "，,：:、；;"

_DIGITS = "零一二三四五六七八九"
_NUMERAL = "[二三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_NUMBER = rf"\d{{1,9}}|{_NUMERAL}"

#: Units by their first character.
_SECONDS = {"秒": 1, "s": 1, "分": 60, "m": 60, "小": 3600, "钟": 3600, "h": 3600, "天": 86400, "d": 86400}
_SMALL_UNIT = "s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?"

#: Hours that the words for parts of the day add to a clock time up to 12.
_PARTS = {"凌晨": 0, "早上": 0, "早晨": 0, "上午": 0, "中午": 12, "下午": 12, "傍晚": 12, "晚上": 12, "am": 0, "pm": 12}

#: With these, 12 is midnight.
_NIGHT = ("凌晨", "早上", "早晨", "晚上", "am")

_DAYS = {"今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS_ZH = "一二三四五六日"

_CLOCK = rf"""(?:(?P<part>{"|".join(_PARTS)})\s*)?(?:
    (?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?!:?\d)
  | (?P<h_zh>\d{{1,2}}|{_NUMERAL})\s*点(?:(?P<sharp>整|钟)|(?P<half>半)|\s*(?P<m_zh>\d{{1,2}}|{_NUMERAL})(?:分|(?=\s|$)))?
  | (?P<h_en>\d{{1,2}})(?=\s*[ap]m\b)
)(?:\s*(?P<half_day>[ap]m)\b)?"""


class TimeError(TextError):
    """Why a time cannot be used."""


@dataclass(frozen=True)
class Schedule:
    """How a timer goes on after its next run: not at all (`once`), `daily` or `weekly` at a `minute` of the day, or
    `every` so many `seconds`."""

    kind: str
    minute: int = 0
    weekday: int = 0  #: 0 is Monday.
    seconds: int = 0

    def after(self, run: datetime, now: datetime, zone: tzinfo) -> datetime | None:
        """The first run after `now`, counted from the run before; None if there is none.

        Where daylight saving skips the time, it runs as much later; where the time comes twice, the first time."""
        if self.kind == "once":
            return None
        if self.kind == "every":
            passed = max(0, (now - run) // timedelta(seconds=self.seconds))
            return run + timedelta(seconds=self.seconds * (passed + 1))
        day = now.astimezone(zone).date()
        while True:
            if self.kind == "daily" or day.weekday() == self.weekday:
                run = _moment(day, self.minute, zone)
                if run > now:
                    return run
            day += timedelta(days=1)

    def stored(self) -> list[Any]:
        """For a JSON file."""
        return [self.kind, self.minute, self.weekday, self.seconds]

    @classmethod
    def read(cls, stored: Any) -> Schedule:
        """Of what `stored` gave. Raises ValueError or TypeError."""
        kind, minute, weekday, seconds = stored
        if kind not in ("once", "daily", "weekly", "every") or {type(minute), type(weekday), type(seconds)} != {int}:
            raise ValueError("不是时间")
        longest = FARTHEST * 86400
        if not (0 <= minute < 1440 and 0 <= weekday < 7) or (kind == "every" and not SHORTEST <= seconds <= longest):
            raise ValueError("不是时间")
        return cls(kind, minute, weekday, seconds)


def parse(text: str, now: datetime, zone: tzinfo) -> tuple[Schedule, datetime, str]:
    """The schedule at the start of the text, its first run, and the rest of the text. Raises `TimeError`."""
    narrow = text[:_LONGEST].translate(_NARROW)
    for pattern, read in _FORMS:
        if found := pattern.match(narrow):
            schedule, run = read(found, now, zone)
            if run <= now:
                raise TimeError("timer_past", when=shown(run, zone))
            if run > now + timedelta(days=FARTHEST):
                raise TimeError("timer_too_far", days=FARTHEST)
            return schedule, run, text[found.end() :].strip().lstrip(_BREAKS).strip()
    raise TimeError("timer_unknown_time")


def shown(run: datetime, zone: tzinfo) -> str:
    """A moment for people, with seconds only if there are some."""
    local = run.astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M" + (":%S" if local.second else ""))


def _delay(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    return Schedule("once"), _in(_length(found), now)


def _every(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    seconds = _length(found)
    if seconds < SHORTEST:
        raise TimeError("timer_too_often", minutes=SHORTEST // 60)
    return Schedule("every", seconds=seconds), _in(seconds, now)


def _length(found: re.Match[str]) -> int:
    """Seconds."""
    seconds = 1800 if found["half"] else _number(found["n"] or "1") * _SECONDS[found["unit"][0].lower()]
    if seconds > FARTHEST * 86400:
        raise TimeError("timer_too_far", days=FARTHEST)
    return seconds


def _in(seconds: int, now: datetime) -> datetime:
    return now.replace(microsecond=0) + timedelta(seconds=seconds)


def _daily(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    return _first(Schedule("daily", _minute(found)), now, zone)


def _weekly(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    name = found["weekday"].lower().replace("天", "日")
    weekday = _WEEKDAYS_ZH.find(name) if name in _WEEKDAYS_ZH else _WEEKDAYS.index(name[:3])
    return _first(Schedule("weekly", _minute(found), weekday), now, zone)


def _first(schedule: Schedule, now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    run = schedule.after(now, now, zone)
    assert run is not None  # It recurs.
    return schedule, run


def _dated(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise TimeError("timer_no_such_time", time=found.group()) from None
    if day > now.date() + timedelta(days=FARTHEST + 1):
        raise TimeError("timer_too_far", days=FARTHEST)
    if day < now.date() - timedelta(days=1):
        raise TimeError("timer_past", when=found.group())
    return Schedule("once"), _existing(day, _minute(found), zone)


def _by_day(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    minute, today = _minute(found), now.astimezone(zone).date()
    days = _DAYS[found["day"].lower()] if found["day"] else int(_moment(today, minute, zone) <= now)
    return Schedule("once"), _existing(today + timedelta(days=days), minute, zone)


def _minute(found: re.Match[str]) -> int:
    """The minute of the day."""
    hour = _number(found["h"] or found["h_zh"] or found["h_en"])
    minute = 30 if found["half"] else _number(found["m"] or found["m_zh"] or "0")
    part = (found["half_day"] or found["part"] or "").lower()
    if part and hour == 12:
        hour = 0 if part in _NIGHT else 12
    elif part and 1 <= hour < 12 and (part, hour) != ("中午", 11):
        hour += _PARTS[part]
    if hour > 23 or minute > 59:
        raise TimeError("timer_no_such_time", time=found.group())
    return hour * 60 + minute


def _number(text: str) -> int:
    """Of digits, or of Chinese numerals up to 99."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.replace("两", "二").rpartition("十")
    if not ten:
        return _DIGITS.index(ones)
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def _moment(day: date, minute: int, zone: tzinfo) -> datetime:
    """This time of the day. Where it is skipped, as much later; where it comes twice, the first."""
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).astimezone(timezone.utc)


def _existing(day: date, minute: int, zone: tzinfo) -> datetime:
    """As `_moment`. Raises `TimeError` if the day has no such time."""
    run = _moment(day, minute, zone)
    local = run.astimezone(zone)
    if local.hour * 60 + local.minute != minute:
        raise TimeError("timer_skipped", when=f"{day} {minute // 60:02}:{minute % 60:02}")
    return run


_Read = Callable[[re.Match[str], datetime, tzinfo], tuple[Schedule, datetime]]


def _form(pattern: str, read: _Read) -> tuple[re.Pattern[str], _Read]:
    return re.compile(pattern, re.I | re.X), read


_FORMS = [
    _form(rf"(?:(?P<half>半)个?小时|(?P<n>{_NUMBER})\s*个?(?P<unit>秒钟?|分钟?|小时|钟头|天))\s*[之以]?后", _delay),
    _form(rf"in\s+(?:(?P<half>half\s+an\s+hour)|(?P<n>\d{{1,9}})\s*(?P<unit>{_SMALL_UNIT}|d|days?))\b", _delay),
    _form(rf"每隔?\s*(?:(?P<half>半)个?小时|(?P<n>{_NUMBER})?\s*个?(?P<unit>秒钟?|分钟?|小时|钟头))", _every),
    _form(rf"every\s+(?:(?P<half>half\s+(?:an\s+)?hour)|(?P<n>\d{{1,9}})?\s*(?P<unit>{_SMALL_UNIT}))\b", _every),
    _form(rf"(?:每[天日]|every\s*day\b|daily\b)\s*(?:at\s+)?{_CLOCK}", _daily),
    _form(rf"每(?:周|星期|礼拜)(?P<weekday>[{_WEEKDAYS_ZH}天])\s*{_CLOCK}", _weekly),
    _form(rf"every\s+(?P<weekday>(?:{'|'.join(_WEEKDAYS)})[a-z]*)\s*(?:at\s+)?{_CLOCK}", _weekly),
    _form(rf"(?P<year>\d{{4}})[-/年](?P<month>\d{{1,2}})[-/月](?P<day>\d{{1,2}})日?(?:\s*|T){_CLOCK}", _dated),
    _form(rf"(?:(?P<day>{'|'.join(_DAYS)})\s*)?(?:at\s+)?{_CLOCK}", _by_day),
]
