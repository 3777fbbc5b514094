"""The calls that an approval is for, as people read them. A yes may only count where all of it was shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .texts import say

#: Characters of the arguments in one message, and the fewest for each call.
_SHOWN, _LEAST = 2000, 80

#: Calls that are listed one by one.
_LISTED = 20

#: Messages that may show what one had to leave out.
_PARTS = 10

#: Characters of all arguments on the status page, which shows them again every two seconds.
_ON_PAGE = 200_000


@dataclass(frozen=True)
class Listing:
    """The calls of one question."""

    lines: tuple[str, ...] = ()  #: For the question itself; long arguments are cut, many calls counted.
    parts: tuple[str, ...] = ()  #: Everything, where the lines leave something out; for messages before it.
    whole: bool = True  #: Whether lines and parts show everything.
    on_page: tuple[dict[str, str], ...] = field(default=(), repr=False)  #: `name` and `arguments` of each call.
    whole_on_page: bool = True  #: Whether those are complete.


def listing(calls: list[tuple[str, str]], locale: str) -> Listing:
    """`calls`: name and arguments of each, the arguments as one line."""
    room = max(_LEAST, _SHOWN // max(1, len(calls[:_LISTED])))
    lines = [f"{at}. {name} {_cut(text, room, locale)}" for at, (name, text) in enumerate(calls[:_LISTED], 1)]
    if rest := Counter(name for name, _ in calls[_LISTED:]):
        names = say(locale, "and").join(f"{name} ×{n}" for name, n in rest.items())
        lines.append(say(locale, "approval_more", n=rest.total(), names=names))
    whole = not rest and all(len(text) <= room for _, text in calls)
    parts: tuple[str, ...] = ()
    if not whole:
        full = "\n".join(f"{at}. {name} {text}" for at, (name, text) in enumerate(calls, 1))
        if whole := len(full) <= _PARTS * _SHOWN:
            parts = tuple(_part(full, at) for at in range(0, len(full), _SHOWN))
    fits = sum(len(text) for _, text in calls) <= _ON_PAGE
    most = _ON_PAGE if fits else max(_LEAST, _ON_PAGE // len(calls))
    on_page = tuple({"name": name, "arguments": _cut(text, most, locale)} for name, text in calls)
    return Listing(tuple(lines), parts, whole, on_page, fits)


def _part(full: str, at: int) -> str:
    """A piece of the text. What continues a line must not pass for a line of ours."""
    begun = at > 0 and full[at - 1] != "\n"
    return ("…" if begun else "") + full[at : at + _SHOWN]


def _cut(text: str, most: int, locale: str) -> str:
    """The text with the middle left out, if it is longer than that."""
    left_out = len(text) - most
    if left_out <= 0:
        return text
    head = most * 2 // 3
    return f"{text[:head]}{say(locale, 'approval_cut', n=left_out)}{text[-(most - head) :]}"
