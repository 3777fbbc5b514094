"""Finds the command that a message is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

#: What runs a command: it gets the message and the argument, and returns what to answer. May raise `TextError`.
Run = Callable[[Any, str], Awaitable[str]]

#: A command: its name for the audit log, what runs it, and its argument.
Command = tuple[str, Run, str]


def first(text: str, commands: Iterable[tuple[str, re.Pattern[str], Run]]) -> Command | None:
    """The first command whose pattern is all of the text; its argument is the pattern's first group. A task may begin
    with the same words: only what is nothing else is a command."""
    for name, pattern, run in commands:
        if found := pattern.fullmatch(text):
            return name, run, (found[1] or "").strip()
    return None
