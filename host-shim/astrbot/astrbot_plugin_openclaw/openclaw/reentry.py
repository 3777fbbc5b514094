"""Tells whether code runs inside a command or tool that a turn is running. Only one turn runs at a time, so whatever
asked the assistant again from there would wait for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

#: Marks events that were made for a command, and so their copies.
_MARK = "astrbot_plugin_openclaw_command"

#: Marks messages that OpenClaw itself answers, as AstrBot's chat model.
_ANSWERED = "astrbot_plugin_openclaw_answers"


class _Call:
    """A command's run. Tasks that it leaves behind keep it, so it says itself when it is over."""

    running = True


_call: ContextVar[_Call | None] = ContextVar("astrbot_plugin_openclaw_call", default=None)
_tool: ContextVar[_Call | None] = ContextVar("astrbot_plugin_openclaw_tool", default=None)


def running_command() -> AbstractContextManager[None]:
    """While entered, `inside_command` holds in this task and in those that it starts."""
    return _running(_call)


def running_tool() -> AbstractContextManager[None]:
    """As `running_command`, for a tool of AstrBot: it may ask OpenClaw as a chat model, but not delegate to it."""
    return _running(_tool)


@contextmanager
def _running(kind: ContextVar[_Call | None]) -> Iterator[None]:
    call = _Call()
    token = kind.set(call)
    try:
        yield
    finally:
        call.running = False
        kind.reset(token)


def inside_command() -> bool:
    """Whether a command that a turn is running has led here."""
    call = _call.get()
    return call is not None and call.running


def inside_turn(event: Any) -> bool:
    """Whether a turn has led here, by whatever way: tasks for OpenClaw are not taken from there."""
    call = _tool.get()
    inside_tool = call is not None and call.running
    return inside_command() or inside_tool or is_marked(event) or bool(event.get_extra(_ANSWERED))


def answers(event: Any) -> None:
    """Records that OpenClaw answers this message as AstrBot's chat model."""
    event.set_extra(_ANSWERED, True)


def mark(event: Any) -> None:
    """Marks an event that is made for a command."""
    event.set_extra(_MARK, True)


def is_marked(event: Any) -> bool:
    """Whether this event was made for a command. If it arrives as a message, the command has sent it."""
    return bool(event.get_extra(_MARK))
