"""Tells whether code runs inside a command that a turn is running. Only one turn runs at a time, so a command
that asked the assistant again would wait for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Marks events that were made for a command, and so their copies.
_MARK = "astrbot_plugin_openclaw_command"


class _Call:
    """A command's run. Tasks that it leaves behind keep it, so it says itself when it is over."""

    running = True


_call: ContextVar[_Call | None] = ContextVar("astrbot_plugin_openclaw_call", default=None)


@contextmanager
def running_command() -> Iterator[None]:
    """While entered, `inside_command` holds in this task and in those that it starts."""
    call = _Call()
    token = _call.set(call)
    try:
        yield
    finally:
        call.running = False
        _call.reset(token)


def inside_command() -> bool:
    """Whether a command that a turn is running has led here."""
    call = _call.get()
    return call is not None and call.running


def mark(event: Any) -> None:
    """Marks an event that is made for a command."""
    event.set_extra(_MARK, True)


def is_marked(event: Any) -> bool:
    """Whether this event was made for a command. If it arrives as a message, the command has sent it."""
    return bool(event.get_extra(_MARK))
