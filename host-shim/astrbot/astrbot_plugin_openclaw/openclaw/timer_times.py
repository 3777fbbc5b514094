"""Reads when a timer runs, in Chinese or English (`明天 9:00`, `every monday 9:00`), and tells when that is next.
Moments are in UTC; only clock times are in AstrBot's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from .clock_time import (
    CLOCK,
    NUMBER,
    WEEK,
    WEEKDAY_EN,
    WEEKDAYS,
    WEEKDAYS_ZH,
    TimeError,
    check_end,
    clock,
    either_half,
    number,
)

#: The shortest time between two runs, in seconds.
SHORTEST = 600

#: How far ahead a timer may be, in days.
FARTHEST = 366

#: Characters of the longest time; the patterns are not made for more.
_LONGEST = 100

#: Full-width characters, as Chinese input methods type them, and the traditional ones of times; each becomes one
#: character.
_NARROW = {
    0x3000: 0x20,
    **{0xFF01 + at: 0x21 + at for at in range(94)},
    **str.maketrans("點後週禮時鐘間個兩號〇○", "点后周礼时钟间个两号零零"),
}

#: What may stand between a time and its task.
_BREAKS = "，,：:、；;"

#: Units by their first character.
_SECONDS = {"秒": 1, "s": 1, "分": 60, "m": 60, "刻": 900, "小": 3600, "钟": 3600, "h": 3600, "天": 86400, "d": 86400}
_SMALL_UNIT = "s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?"

_DAYS = {"今天": 0, "今日": 0, "today": 0, "tonight": 0, "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
_DAY = "|".join(_DAYS) + "|[今明](?=[早晚])"


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

    def passed(self, run: datetime, now: datetime, zone: tzinfo) -> int:
        """How many runs there are from `run` to `now`, both included."""
        if self.kind == "every":
            return max(0, (now - run) // timedelta(seconds=self.seconds) + 1)
        count, next_run = 0, run if run <= now else None
        while next_run is not None and next_run <= now:
            count += 1
            next_run = self.after(next_run, next_run, zone)
        return count

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
            check_end(narrow, found, schedule.kind)
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
    if found["half"]:
        seconds = 1800
    else:
        unit = _SECONDS[found["unit"][0].lower()]
        seconds = number(found["n"] or "1") * unit + (unit // 2 if _group(found, "and_half") else 0)
    seconds += number(_group(found, "minutes") or "0") * 60
    if seconds > FARTHEST * 86400:
        raise TimeError("timer_too_far", days=FARTHEST)
    return seconds


def _group(found: re.Match[str], name: str) -> str:
    """Of a group that not all patterns have; empty if it is missing."""
    return found.groupdict().get(name) or ""


def _in(seconds: int, now: datetime) -> datetime:
    return now.replace(microsecond=0) + timedelta(seconds=seconds)


def _daily(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    return _first(Schedule("daily", clock(found)[0]), now, zone)


def _weekly(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    minute, later = clock(found)
    return _first(Schedule("weekly", minute, (_weekday(found) + later) % 7), now, zone)


def _weekday(found: re.Match[str]) -> int:
    name = found["weekday"].lower().replace("天", "日")
    return WEEKDAYS_ZH.find(name) if name in WEEKDAYS_ZH else WEEKDAYS.index(name[:3])


def _first(schedule: Schedule, now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    run = schedule.after(now, now, zone)
    assert run is not None  # It recurs.
    return schedule, run


def _dated(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    today = now.astimezone(zone).date()
    try:
        day = date(int(_group(found, "year") or today.year), number(found["month"]), number(found["day"]))
        # Without a year it is the next one, unless it was only just.
        if not _group(found, "year") and today - day > timedelta(days=FARTHEST // 2):
            day = day.replace(year=today.year + 1)
    except ValueError:
        raise TimeError("timer_no_such_time", time=found.group()) from None
    if day > today + timedelta(days=FARTHEST + 1):
        raise TimeError("timer_too_far", days=FARTHEST)
    if day < today - timedelta(days=1):
        raise TimeError("timer_past", when=found.group())
    return _once(found, day, zone)


def _in_days(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    days = number(found["days"])
    if days > FARTHEST:
        raise TimeError("timer_too_far", days=FARTHEST)
    return _once(found, now.astimezone(zone).date() + timedelta(days=days), zone)


def _on_weekday(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    """This week's, the next one's (weeks begin on Monday), or without a word for that the next to come."""
    today, weekday, which = now.astimezone(zone).date(), _weekday(found), _group(found, "which")
    if which:
        monday = today - timedelta(days=today.weekday())
        return _once(found, monday + timedelta(days=weekday, weeks=which.count("下")), zone)
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    schedule, run = _once(found, day, zone)
    return (schedule, run) if run > now else _once(found, day + timedelta(days=7), zone)


def _by_day(found: re.Match[str], now: datetime, zone: tzinfo) -> tuple[Schedule, datetime]:
    today, named = now.astimezone(zone).date(), (found["day"] or "").lower()
    if named:
        day = today + timedelta(days=_DAYS[named if named in _DAYS else f"{named}天"])
        return _once(found, day, zone, evening=named == "tonight")
    minute, _ = clock(found)
    passed = _moment(today, minute, zone) <= now
    if passed and either_half(found) and _moment(today, minute, zone) + timedelta(hours=12) > now:
        raise TimeError("timer_which_half", time=found.group())
    return Schedule("once"), _existing(today + timedelta(days=int(passed)), minute, zone)


def _once(found: re.Match[str], day: date, zone: tzinfo, *, evening: bool = False) -> tuple[Schedule, datetime]:
    minute, later = clock(found, evening=evening)
    return Schedule("once"), _existing(day + timedelta(days=later), minute, zone)


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


_HOURS = "(?:小时|钟头)"
_HALF_AN_HOUR = f"(?P<half>半)个?{_HOURS}"
_FORMS = [
    _form(rf"(?P<days>{NUMBER})\s*天[之以]?后的?\s*{CLOCK}", _in_days),
    _form(rf"in\s+(?P<days>\d{{1,9}})\s+days?\s+at\s+{CLOCK}", _in_days),
    _form(
        rf"""(?:{_HALF_AN_HOUR}
          | (?P<n>{NUMBER})\s*(?:个(?P<and_half>半)(?={_HOURS})|个?)(?P<unit>秒钟?|分钟?|刻钟|{_HOURS}|天)
            (?:(?<=[时头])[零又]?(?P<minutes>{NUMBER})\s*分钟?)?)\s*[之以]?后""",
        _delay,
    ),
    _form(rf"in\s+(?:(?P<half>half\s+an\s+hour)|(?P<n>\d{{1,9}})\s*(?P<unit>{_SMALL_UNIT}|d|days?))\b", _delay),
    _form(
        rf"""每隔?\s*(?:{_HALF_AN_HOUR}
          | (?:(?P<n>{NUMBER})\s*)?(?:(?<![每隔\s])个(?P<and_half>半)(?={_HOURS})|个?)(?P<unit>秒钟?|分钟?|刻钟|{_HOURS}))""",
        _every,
    ),
    _form(rf"every\s+(?:(?P<half>half\s+(?:an\s+)?hour)|(?P<n>\d{{1,9}})?\s*(?P<unit>{_SMALL_UNIT}))\b", _every),
    _form(rf"(?:每[天日]|每(?=[早晚])|every\s*day\b|daily\b)\s*(?:at\s+)?{CLOCK}", _daily),
    _form(rf"每个?{WEEK}(?P<weekday>[{WEEKDAYS_ZH}天])\s*{CLOCK}", _weekly),
    _form(rf"every\s+(?P<weekday>{WEEKDAY_EN})\s*(?:at\s+)?{CLOCK}", _weekly),
    _form(rf"(?P<year>\d{{4}})[-/年](?P<month>\d{{1,2}})[-/月](?P<day>\d{{1,2}})[日号]?(?:\s*|T){CLOCK}", _dated),
    _form(rf"(?P<month>{NUMBER})月(?P<day>{NUMBER})[日号]\s*{CLOCK}", _dated),
    _form(rf"(?P<which>下下个?|下个?|这个?|本)?{WEEK}(?P<weekday>[{WEEKDAYS_ZH}天])\s*{CLOCK}", _on_weekday),
    _form(rf"(?:on\s+)?(?P<weekday>{WEEKDAY_EN})\s*(?:at\s+)?{CLOCK}", _on_weekday),
    _form(rf"(?:(?P<day>{_DAY})\s*)?(?:at\s+)?{CLOCK}", _by_day),
]
