"""The values that go in and come out. All are immutable."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import _native
from ._json import decode

#: Every level, lowest first: ``"L0"`` talk only, ``"L1"`` read-only tools, ``"L2"`` commands and
#: tools, ``"L3"`` the host without root, ``"L4"`` root.
LEVELS: tuple[str, ...] = tuple(_native.LEVELS)


def check_level(level: str) -> str:
    """The level itself; raises `ValueError` for an unknown one."""
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}; allowed are {', '.join(LEVELS)}")
    return level


@dataclass(frozen=True)
class Attachment:
    """An image or file that travels with a turn. Any makes the turn heavy.

    Images: png, jpeg, gif, webp, at most 10 MiB. Files: plain text, markdown, html, csv, json,
    pdf, at most 5 MiB. Others end the turn with ``request_rejected`` before anything is sent.
    """

    data: bytes = field(repr=False)  #: The content itself, not encoded.
    media_type: str  #: IANA media type without parameters, such as ``image/png``.
    filename: str = ""  #: Shown to the model; empty for none.

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], *, room: int | None = None) -> Attachment:
        """Reads a file; its media type follows from its extension. `room`: the bytes that it may
        have, where that is less than a request takes. Raises `ValueError` for one that is missing,
        no regular file, or larger."""
        media_type, filename, data = _native.read_attachment(path, room)
        return cls(data, media_type, filename)


@dataclass(frozen=True)
class Tool:
    """A Python callable that the model may call.

    It is called with the model's arguments as keyword arguments. An ``async def`` runs on the
    event loop; a plain function runs in a thread of its own, so that it cannot halt the loop. A text
    is given to the model as it is, anything else as JSON. Whatever it raises, ``SystemExit`` and
    ``KeyboardInterrupt`` included, is a failed tool for the model and ends neither the turn nor the
    loop. (Only ``os._exit`` and the like cannot be caught.)
    """

    name: str  #: Unique within the turn; 1 to 64 of ``A-Z a-z 0-9 _ -``.
    run: Callable[..., Any] = field(repr=False)  #: The callable.
    description: str = ""  #: What the tool does, for the model.
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments."""
    level: str = "L2"  #: The least effective level at which the tool is offered and run.
    timeout: float | None = 60.0
    """Seconds after which the model is told that the tool took too long, even if the tool ignores
    its cancellation or blocks the loop; None for no limit but the turn's. The work of a plain
    function cannot be interrupted and goes on."""

    def __post_init__(self) -> None:
        check_level(self.level)
        if not callable(self.run):
            raise TypeError(f"the tool {self.name!r} is not callable")

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop."""
        call = getattr(self.run, "__call__", None)  # noqa: B004 An object whose `__call__` is `async`.
        return inspect.iscoroutinefunction(self.run) or inspect.iscoroutinefunction(call)


@dataclass(frozen=True)
class Delta:
    """More of the answer. Joined deltas are for showing; the reply's text is what holds."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A tool is about to run. Several may run at once."""

    call: str  #: Its id, unique within the plugin.
    name: str
    arguments: Any  #: A dict; the model's own text if that is no JSON object.


@dataclass(frozen=True)
class ToolEnded:
    """A tool that was started has ended."""

    call: str  #: The id of the call.
    succeeded: bool  #: Whether the tool ran and succeeded; the model is told either way.


@dataclass(frozen=True)
class Notice:
    """Something the guards or the client did that the user may want to know."""

    code: str  #: For programs, such as ``queued`` or ``level_lowered``.
    text: str  #: For people, in the config's language.


#: What happens in a turn, in order, before its end.
Event: TypeAlias = "Delta | ToolCall | ToolEnded | Notice"

_EVENTS = {"tool-call": ToolCall, "tool-ended": ToolEnded, "notice": Notice}


def event_of(item: str | bytes) -> Event:
    """An event as the native half gives it: a delta's text, or the JSON of any other."""
    if isinstance(item, str):
        return Delta(item)
    fact = json.loads(item)
    event: Event = decode(_EVENTS[fact["event"]], fact)
    return event


@dataclass(frozen=True)
class Usage:
    """Tokens, as the gateway reports them, summed over the rounds of a turn."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Reply:
    """How a turn that went well ended."""

    text: str  #: The whole answer: the gateway's final text, not the joined deltas.
    response_id: str  #: The gateway's id of the last response; may be empty.
    level: str  #: The level that was in force when the turn ended.
    gateway: str  #: ``primary`` or ``backup``.
    usage: Usage | None  #: None where the gateway reports none.


@dataclass(frozen=True)
class Breaker:
    """One gateway's breaker."""

    state: str  #: ``closed``, ``open`` or ``half_open``.
    failures: int  #: Failures in a row so far.
    retry_after_seconds: float  #: Until a trial is let through; 0 unless open.


@dataclass(frozen=True)
class Memory:
    """What the memory guard sees, and what follows."""

    available_mib: int | None  #: None if it could not be read.
    total_mib: int | None  #: None if it could not be read.
    bound: str | None  #: ``machine`` or ``container``; None if it could not be read.
    level_cap: str  #: The highest level that a turn would get now.
    heavy_allowed: bool  #: Whether a heavy turn would be let through now.
    unreadable: str | None = None  #: Why it could not be read; None if it could.
    estimated: str | None = None  #: Why it is an estimate; None if it is exact or could not be read.


@dataclass(frozen=True)
class Counters:
    """Counted since the plugin was loaded."""

    turns: int
    completed: int
    failed: int
    refused: int
    cancelled: int
    tool_calls: int
    tool_denials: int


@dataclass(frozen=True)
class Status:
    """All that the guards know."""

    breakers: Mapping[str, Breaker]  #: By gateway: ``primary`` and, where there is one, ``backup``.
    memory: Memory
    in_flight: int  #: Turns that run: 0 or 1.
    queued: int  #: Turns that wait.
    counters: Counters
    fresh: bool = True  #: False if the component was computing at this moment: then it is what it last said.


@dataclass(frozen=True)
class Check:
    """One thing that the diagnosis looked at."""

    name: str  #: Stable, for programs, such as ``memory`` or ``token-primary``.
    ok: bool
    code: str | None  #: The fault's code; None if it is well.
    detail: str  #: What was seen.
    cause: str  #: Why this happens; empty if it is well.
    remedy: str  #: What to do about it; empty if it is well.


@dataclass(frozen=True)
class Diagnosis:
    """What the diagnosis found, in the order in which it looked."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every check is well."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True)
class ComponentInfo:
    """What is known about the component."""

    version: str  #: The version of the package ``astr:openclaw`` whose world it has.
    world: str  #: The world, such as ``astr:openclaw/plugin@0.1.0``.
    sha256: str  #: Of the component, hex.
    size: int  #: Bytes.
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    code: str  #: Where its machine code came from: ``compiled``, ``cache`` or ``precompiled``.
