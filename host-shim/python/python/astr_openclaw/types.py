"""The values of the API, all immutable. Their fields have the names of the session protocol's JSON."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import _native
from ._json import decode

#: Every level, lowest first: ``"L0"`` talk only, ``"L1"`` read-only tools, ``"L2"`` commands and
#: tools, ``"L3"`` the host without root, ``"L4"`` root.
LEVELS: tuple[str, ...] = tuple(_native.LEVELS)


#: Who must approve a tool's calls: ``"none"`` nobody, ``"asker"`` the person who asked or an admin,
#: ``"admin"`` an admin.
APPROVALS: tuple[str, ...] = tuple(_native.APPROVALS)

#: What a person who decides is to the turn: ``"other"`` may not decide, ``"asker"`` asked, ``"admin"``.
ROLES: tuple[str, ...] = tuple(_native.ROLES)

#: How long a turn may wait for others: ``"interactive"`` goes before ``"background"``.
PATIENCES: tuple[str, ...] = tuple(_native.PATIENCES)


def check_level(level: str) -> str:
    """The level itself; raises `ValueError` for an unknown one."""
    return _check("level", level, LEVELS)


def check_role(role: str) -> str:
    """The role itself; raises `ValueError` for an unknown one."""
    return _check("role", role, ROLES)


def check_patience(patience: str) -> str:
    """The patience itself; raises `ValueError` for an unknown one."""
    return _check("patience", patience, PATIENCES)


def _check(kind: str, name: str, allowed: tuple[str, ...]) -> str:
    if name not in allowed:
        raise ValueError(f"unknown {kind} {name!r}; allowed are {', '.join(allowed)}")
    return name


@dataclass(frozen=True)
class Quote:
    """The message that the user's message quotes."""

    sender: str = field(repr=False)  #: Name of its author; may be empty.
    text: str = field(repr=False)


@dataclass(frozen=True)
class TurnContext:
    """Who is talking, and where. The model gets it as marked, bounded, untrusted data."""

    platform: str = ""  #: The chat platform, such as ``aiocqhttp``.
    # Not in the repr: names and messages do not belong in a log.
    sender_id: str = field(default="", repr=False)  #: Id of the sender on the platform.
    sender_name: str = field(default="", repr=False)  #: Name that the sender goes by.
    group_name: str = field(default="", repr=False)  #: Name of the group; empty in a private chat.
    is_admin: bool = False  #: Whether the sender is an admin of the bot.
    quoted: Quote | None = None  #: The quoted message, if any.


@dataclass(frozen=True)
class Attachment:
    """An image or file that is sent with a turn, which makes the turn heavy.

    Images: png, jpeg, gif, webp, at most 10 MiB. Files: plain text, markdown, html, csv, json,
    pdf, at most 5 MiB. Anything else ends the turn with ``request_rejected`` before it is sent.
    """

    data: bytes = field(repr=False)  #: The raw content.
    media_type: str  #: IANA media type without parameters, such as ``image/png``.
    filename: str = ""  #: Shown to the model; empty for none.

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], *, room: int | None = None) -> Attachment:
        """Reads a file; the extension decides the media type. `room`: the most bytes it may have (default:
        what one request can carry). Raises `ValueError` if it is missing, larger, or not a regular file."""
        media_type, filename, data = _native.read_attachment(path, room)
        return cls(data, media_type, filename)


@dataclass(frozen=True)
class Tool:
    """A Python callable that the model may call.

    It receives the model's arguments as keyword arguments. An ``async def`` runs on the event loop; a
    plain function runs in its own thread, so that it cannot block the loop. The model gets a returned
    string as is, anything else as JSON. Any exception, even ``SystemExit`` or ``KeyboardInterrupt``,
    becomes a tool failure for the model and ends neither the turn nor the loop.
    """

    name: str  #: Unique within the turn; 1 to 64 of ``A-Z a-z 0-9 _ -``.
    run: Callable[..., Any] = field(repr=False)  #: The callable.
    description: str = ""  #: What the tool does, for the model.
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments."""
    level: str = "L2"  #: The lowest effective level at which the tool is offered and run.
    timeout: float | None = 60.0
    """Seconds until the model gets a timeout error, even if the tool ignores its cancellation or blocks the
    loop; None for the turn's own limit. A plain function cannot be interrupted and runs on."""
    approval: str = "none"
    """Who must approve each call: see `APPROVALS`. The turn waits for ``ask(approve=…)`` or `Plugin.decide`."""

    def __post_init__(self) -> None:
        check_level(self.level)
        _check("approval", self.approval, APPROVALS)
        if not callable(self.run):
            raise TypeError(f"the tool {self.name!r} is not callable")

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop."""
        call = getattr(self.run, "__call__", None)  # noqa: B004 An object with an `async` call.
        return inspect.iscoroutinefunction(self.run) or inspect.iscoroutinefunction(call)


@dataclass(frozen=True)
class Delta:
    """More of the answer, for display only; the final text is the reply's."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A tool is about to run. Several can run at once."""

    call: str  #: The call's id, unique within the plugin.
    name: str
    arguments: Any  #: A dict, or the model's text if it is not a JSON object.


@dataclass(frozen=True)
class ToolEnded:
    """A tool call has ended."""

    call: str  #: The id of the call.
    succeeded: bool  #: The model gets the output or the error.


@dataclass(frozen=True)
class Notice:
    """Something the user may want to know about the guards or the client."""

    code: str  #: For programs, such as ``queued`` or ``level_lowered``.
    text: str  #: For people, in the config's language.


@dataclass(frozen=True)
class ApprovalRequest:
    """Tool calls wait for a person's approval: ``ask(approve=…)`` or `Plugin.decide`. Without a decision in time
    they are not run. A turn has at most two requests pending, for an asker and for an admin."""

    request: str  #: The request's id, unique within the turn.
    approver: str  #: Who may approve: ``asker`` or ``admin``.
    calls: tuple[ToolCall, ...]  #: Exactly the calls that the decision covers.
    expires_in_seconds: float  #: From when the request was made.


@dataclass(frozen=True)
class ApprovalEnded:
    """An approval request has ended. If the turn itself ends first, there is no such event, and it means no."""

    request: str  #: The request's id.
    decision: str  #: ``approved``, ``rejected`` or ``expired``.
    by: str  #: Who decided, as given with the decision; empty if it expired.


@dataclass(frozen=True)
class Decision:
    """What the callback ``ask(approve=…)`` decided, and who did."""

    approve: bool  #: Whether the request's calls may run.
    by: str = ""  #: Who decided, for the record.
    role: str = "admin"  #: What they are to the turn: see `ROLES`. You vouch for it.


@dataclass(frozen=True)
class File:
    """A file from the agent, if the turn takes `files`."""

    name: str  #: Without a folder; never empty.
    media_type: str  #: What the content shows, such as ``image/png``.
    data: bytes = field(repr=False)  #: At most 10 MiB, and 20 MiB in a turn.


#: What happens during a turn.
Event: TypeAlias = "Delta | ToolCall | ToolEnded | Notice | ApprovalRequest | ApprovalEnded | File"

#: Decides about an approval request. A plain bool is an admin's decision.
Approve: TypeAlias = Callable[[ApprovalRequest], Awaitable["bool | Decision"]]

_EVENTS = {
    "tool-call": ToolCall,
    "tool-ended": ToolEnded,
    "notice": Notice,
    "approval": ApprovalRequest,
    "approval-ended": ApprovalEnded,
}


def event_of(item: str | bytes | tuple[str, str, bytes]) -> Event:
    """Decodes a native event: a delta's text, a file, or the JSON of any other."""
    if isinstance(item, str):
        return Delta(item)
    if isinstance(item, tuple):
        return File(*item)
    fact = json.loads(item)
    event: Event = decode(_EVENTS[fact["event"]], fact)
    return event


@dataclass(frozen=True)
class Usage:
    """Tokens reported by the gateway, summed over the rounds of a turn."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Reply:
    """The result of a successful turn."""

    text: str  #: The gateway's final text, not the joined deltas.
    response_id: str  #: The gateway's id of the last response; may be empty.
    level: str  #: The effective level when the turn ended.
    gateway: str  #: ``primary`` or ``backup``.
    usage: Usage | None  #: None if the gateway reports none.


@dataclass(frozen=True)
class Breaker:
    """One gateway's breaker."""

    state: str  #: ``closed``, ``open`` or ``half_open``.
    failures: int  #: Consecutive failures.
    retry_after_seconds: float  #: Until the next trial; 0 unless open.


@dataclass(frozen=True)
class Memory:
    """What the memory guard sees, and what it allows."""

    available_mib: int | None  #: None if it could not be read.
    total_mib: int | None  #: None if it could not be read.
    bound: str | None  #: ``machine`` or ``container``; None if it could not be read.
    level_cap: str  #: The highest level that a turn would get now.
    heavy_allowed: bool  #: Whether a heavy turn would be accepted now.
    unreadable: str | None = None  #: Why it could not be read; None if it could.
    estimated: str | None = None  #: Why it is an estimate; None if it is exact or could not be read.


@dataclass(frozen=True)
class Counters:
    """Counts since the plugin was loaded."""

    turns: int
    completed: int
    failed: int
    refused: int
    cancelled: int
    tool_calls: int
    tool_denials: int


@dataclass(frozen=True)
class PendingApproval:
    """An approval request that waits for a decision."""

    turn: str  #: The `Turn.id`.
    request: str  #: The request's id, for `Plugin.decide`.
    approver: str  #: Who may approve: ``asker`` or ``admin``.
    tools: tuple[str, ...]  #: Names of the tools to be called.
    expires_in_seconds: float


@dataclass(frozen=True)
class Status:
    """The guards' state."""

    breakers: Mapping[str, Breaker]  #: By gateway: ``primary`` and, if configured, ``backup``.
    memory: Memory
    in_flight: int  #: Running turns: 0 or 1.
    queued: int  #: Waiting turns.
    counters: Counters
    approvals: tuple[PendingApproval, ...] = ()  #: Requests that wait for a decision, oldest first.
    level_agents: bool = False
    """Whether the level picks the gateway's agent, and so bounds the gateway's own tools too."""
    fresh: bool = True  #: False if the component was busy; this is its last known state then.


@dataclass(frozen=True)
class Check:
    """One check of the diagnosis."""

    name: str  #: A stable id, such as ``levels``, ``memory`` or ``token-primary``.
    ok: bool
    code: str | None  #: A fault code; None if the check passed.
    detail: str  #: What was seen.
    cause: str  #: Why this happens; empty if the check passed.
    remedy: str  #: What to do about it; empty if the check passed.


@dataclass(frozen=True)
class Diagnosis:
    """The result of a diagnosis, in the order of the checks."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)


@dataclass(frozen=True)
class ComponentInfo:
    """Facts about the loaded component."""

    version: str  #: Version of the WIT package ``astr:openclaw``.
    world: str  #: Such as ``astr:openclaw/plugin@0.3.0``.
    sha256: str  #: Hex.
    size: int  #: Bytes.
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    code: str  #: Origin of its machine code: ``compiled``, ``cache`` or ``precompiled``.
