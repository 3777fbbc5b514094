"""Clock times in Chinese or English (`晚上8点一刻`, `9:30 pm`), and what after a time leaves its meaning open. What can
be meant in two ways is refused: a timer that runs at the wrong time is worse than one that was not set."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .texts import TextError

_DIGITS = "零一二三四五六七八九"
_NUMERAL = "[二三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九]"

#: A whole number, in digits or Chinese numerals up to 99.
NUMBER = rf"\d{{1,9}}|{_NUMERAL}"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS_ZH = "一二三四五六日"
#: The name of a weekday alone: `every month` is no Monday.
WEEKDAY_EN = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b"
WEEK = "(?:周|星期|礼拜)"


def _hours(same: Iterable[int] = (), plus_12: Iterable[int] = (), next_day: Iterable[int] = ()) -> dict[int, int]:
    """What hours mean in a part of the day; from 24 on they are the next day's."""
    meant = {hour: hour for hour in same}
    meant.update({hour: hour + 12 for hour in plus_12})
    meant.update({hour: hour % 12 + 24 for hour in next_day})
    return meant


_EARLY = {**_hours(range(7)), 12: 0}
_MORNING = _hours(range(12))
_NOON = _hours((11, 12, 13, 14), (1, 2))
_AFTERNOON = _hours(range(12, 24), range(1, 12))
_DUSK = _hours(range(16, 21), range(4, 9))
_EVENING = _hours(range(17, 24), range(5, 12), (0, 12, 24, 1, 2, 3, 4))
_NIGHT = _hours(range(20, 24), range(8, 12), (0, 12, 24, 1, 2, 3, 4))

#: The words for parts of the day, with the hours that can be meant.
_PARTS = {
    "凌晨": _EARLY,
    **dict.fromkeys(("早上", "早晨", "清晨", "一早", "早"), _MORNING),
    "上午": _hours(range(13)),
    "中午": _NOON,
    "下午": _AFTERNOON,
    "傍晚": _DUSK,
    **dict.fromkeys(("晚上", "晚间", "夜晚", "晚"), _EVENING),
    **dict.fromkeys(("夜里", "半夜", "深夜"), _NIGHT),
    "a": {**_hours(range(1, 12)), 12: 0},
    "p": _AFTERNOON,
}
_PART = "|".join(word for word in _PARTS if len(word) > 1) + "|早|晚"

#: After a number these make an amount of it.
_MEASURE = "[个人位次条份名件篇张本天年月日号页章节度元块万千百点集级倍种项台只场轮遍岁楼层班组队家步字斤公秒小刻]|分钟"

CLOCK = rf"""(?:(?P<part>{_PART})\s*)?(?:
    (?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?!:?\d)(?:分(?=\s|$))?
  | (?P<h_zh>\d{{1,2}}|{_NUMERAL})\s*(?P<mark>点|时(?![间候段代刻]))(?:
        钟|整(?![理合顿改体个天修数容])
      | (?P<half>半)(?!个|小时|天|年|价|场|途)
      | (?P<quarter>[一两三123])刻钟?
      | \s*(?P<m_zh>\d{{1,2}}|零[一二三四五六七八九]|{_NUMERAL})分(?![钟享析配类别发组布])
      | (?P<m_bare>\d{{2}}|零[一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?)(?![\d:./%a-z~-]|{_MEASURE})
      | \s+(?P<m_apart>\d{{2}})(?=\s|$)
    )?
  | (?P<h_en>\d{{1,2}})(?=\s*[ap]\.?m\b)
)(?:\s*(?P<half_day>[ap])\.?m\b\.?)?"""


class TimeError(TextError):
    """Why a time cannot be used."""


def number(text: str) -> int:
    """Of digits, or of Chinese numerals up to 99."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.replace("两", "二").rpartition("十")
    if not ten:
        return _DIGITS.index(ones[-1])  # 零五 too.
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def clock(found: re.Match[str], *, evening: bool = False) -> tuple[int, int]:
    """The minute of the day, and 1 if it is the next day's: 晚上12点 ends a day. `evening`: it was said to be in the
    evening. Raises `TimeError`."""
    said = found["h"] or found["h_zh"] or found["h_en"]
    hour, minute = number(said), number(found["m"] or found["m_zh"] or found["m_bare"] or found["m_apart"] or "0")
    if found["half"]:
        minute = 30
    elif found["quarter"]:
        minute = 15 * number(found["quarter"])
    half = (found["half_day"] or "").lower()
    part = half or found["part"] or ("晚上" if evening else "")
    if part:
        hour = _PARTS[part].get(hour, 99) if not (half and found["part"]) else 99
        if _PARTS[part] is _NIGHT and 24 < hour < 48 and _names_a_day(found):
            raise TimeError("timer_which_half", time=found.group())  # The night before, or after?
    elif found["mark"] == "点" and 1 <= hour <= 6 and said[0] != "0":
        raise TimeError("timer_which_half", time=found.group())
    if minute > 59 or hour > (28 if part else 24) or (hour == 24 and minute and not part):
        raise TimeError("timer_no_such_time", time=found.group())
    return hour % 24 * 60 + minute, hour // 24


def either_half(found: re.Match[str]) -> bool:
    """Whether a time of up to twelve hours may be of the morning or of the evening."""
    if found["mark"] != "点" or found["part"] or found["half_day"]:
        return False
    said: str = found["h_zh"]
    return said[0] != "0" and 1 <= number(said) <= 12


def _names_a_day(found: re.Match[str]) -> bool:
    named = found.groupdict()
    return any(named.get(name) for name in ("day", "weekday", "month", "days"))


_SOME_CLOCK = re.sub(r"\?P<\w+>", "?:", CLOCK)
_LENGTH = rf"(?:{NUMBER}|半)\s*个?半?(?:秒|分|刻钟|小时|钟头|天|(?:s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?|d|days?)\b)"
_SOME_WEEKDAY = rf"{WEEK}[{WEEKDAYS_ZH}天]"
_SOME_DAY = rf"今天|明天|后天|{_SOME_WEEKDAY}"
_DAY_EN = rf"(?:today|tomorrow|tonight|{WEEKDAY_EN})\b"


def _pattern(*ways: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{way})" for way in ways), re.I | re.X)


#: What after a time belongs to it, and changes it.
_GOES_ON = _pattern(
    # Another time, or a range.
    rf"\s*(?:(?:[-–—~+/,、;&|和与跟及或到至从]|and\b|or\b|to\b|till?\b|until\b|from\b|at\b)\s*)?(?:(?:{_SOME_DAY})\s*)?{_SOME_CLOCK}",
    rf"[和与跟及或到至从](?:{_SOME_DAY}|{_PART}|{_LENGTH})",
    r"\s*[-–—~+]\s*\d",
    rf"\s*(?:{_LENGTH})钟?[之以]?后",
    # The rest of a time.
    rf"(?<=[点时])(?<!小时)\s*(?:[差过]\s*(?:{NUMBER}))",
    rf"(?<=[点时])(?<!小时)(?!一[起同块直定并律些下边旦])(?:{NUMBER}|[半刻])",
    r"(?<=[点时半整钟分刻\d])(?:[之以]?前(?![端台往沿线面])|[之以]?后(?![端台勤续天面])|左右)",
    r"(?<=\d)[apzh]\b",
    r"\s*(?:utc|gmt|cst|cet|cest|est|edt|pst|pdt|bst|jst|o'?clock)\b|\s*北京时间",
    r"\s*(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)\b",
    # On which days it holds.
    rf"\s*\(?(?:except\b|only\b|until\b|on\s+week|on\s+{WEEKDAY_EN}|for\s+\d+\s+(?:day|week|time))",
    rf"\s*\(?(?:除了|直到|周末除外|节假日除外|工作日(?![报志程常])|{_SOME_WEEKDAY}[到至-])",
)

#: The same after a length of time.
_LENGTH_GOES_ON = _pattern(rf"\s*(?:and\s+|,\s*|零|又)?{_LENGTH}", r"\s*(?:and\s+)?a\s+(?:half|quarter)\b")

#: The same after a rhythm.
_RHYTHM_GOES_ON = _pattern(r"\s*(?:\d|的?第|整点|[二两三四五六七八九十]+次)")

#: The same after a time for one run.
_ONE_RUN_GOES_ON = _pattern(
    rf"\s*(?:每[天晚早隔]|每个?{WEEK}[{WEEKDAYS_ZH}天]|every\b|each\b|daily\b)",
    rf"\s*(?:on\s+|next\s+)?{_DAY_EN}(?!['’])",
    rf"\s*(?:{_SOME_DAY}|{_PART})(?=\s)",
)


def check_end(text: str, found: re.Match[str], kind: str) -> None:
    """Raises `TimeError` if what follows the time in the text seems to belong to it. `kind`: see `Schedule`."""
    patterns = [_GOES_ON]
    if "unit" in found.groupdict():
        patterns.append(_LENGTH_GOES_ON)
    if kind == "every":
        patterns.append(_RHYTHM_GOES_ON)
    if kind == "once":
        patterns.append(_ONE_RUN_GOES_ON)
    for pattern in patterns:
        if more := pattern.match(text, found.end()):
            raise TimeError("timer_unclear", time=found.group().strip(), more=more.group().strip())
