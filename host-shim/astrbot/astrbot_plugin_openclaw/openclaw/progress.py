"""What users see while a task runs: the first steps one by one, the rest as a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from astr_openclaw import Notice, ToolCall

from .texts import say

#: Notices for users. The answer or the status shows the others anyway.
_TOLD = {
    "queued", "level_lowered", "memory_unreadable", "failed_over", "tool_denied", "answer_incomplete",
    "answer_corrected", "attachment_shortened", "may_still_run", "agent_switched", "file_refused",
}  # fmt: skip

#: How many of each kind are shown one by one.
_MOST = 3

#: How many tools are named in the count.
_NAMED = 5


class Progress:
    """Reports the steps of a turn. A model may call hundreds of tools; a chat takes a few messages."""

    def __init__(self, locale: str, *, calls: bool, name_of: Callable[[str], str] = str) -> None:
        """`calls`: whether to show tool calls at all. `name_of`: a tool's name for people."""
        self._locale = locale
        self._calls = calls
        self._name_of = name_of
        self._told: Counter[str] = Counter()
        self._rest: Counter[str] = Counter()

    def told(self, piece: object) -> str:
        """What to show for an event; may be empty."""
        if isinstance(piece, Notice) and piece.code in _TOLD:
            kind, name, text = piece.code, piece.code, f"ℹ️ {piece.text}"
        elif isinstance(piece, ToolCall) and self._calls:
            kind, name = "", self._name_of(piece.name)
            text = say(self._locale, "tool", name=name)
        else:
            return ""
        self._told[kind] += 1
        if self._told[kind] <= _MOST:
            return text
        self._rest[name] += 1
        return ""

    def rest(self) -> str:
        """A line that counts the steps not shown; may be empty."""
        if not self._rest:
            return ""
        names = "、".join(f"{name} ×{n}" for name, n in self._rest.most_common(_NAMED))
        more = " …" if len(self._rest) > _NAMED else ""
        return say(self._locale, "more_steps", n=sum(self._rest.values()), names=names + more)
