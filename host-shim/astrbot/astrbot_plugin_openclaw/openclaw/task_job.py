"""What a background task of this life needs beside what is stored, and its turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from astr_openclaw import Attachment, File, Notice, Turn

from . import access
from .approvals import Approvals, Origin
from .engine import Engine
from .live_turns import LiveTurn
from .progress import Progress
from .sender import Rights
from .task_store import Task
from .texts import say
from .turn_request import TurnRequest


@dataclass(frozen=True)
class Live:
    """A task that waits or runs."""

    task: Task
    turn: LiveTurn | None  #: Its turn, once there is one.


class NotKept(Exception):
    """A task that cannot be written to the disk."""

    def text(self, locale: str) -> str:
        """The reason, for users."""
        return say(locale, "task_not_kept", why=str(self))


@dataclass(eq=False)
class Job:
    """A task of this life."""

    text: str
    event: Any
    attachments: list[Attachment]
    turn: Turn | None = None
    live: LiveTurn | None = None
    cancelled: bool = False
    tell: bool = True  #: Whether to notify the chat if it was cancelled.
    files: list[File] = field(default_factory=list)  #: What the agent has sent so far.

    def lower(self, now: Rights) -> None:
        """Takes the admin role from the message of somebody who has lost it."""
        if self.event.is_admin() and not now.is_admin():
            self.event = access.without_admin(self.event)

    async def run(self, request: TurnRequest, engine: Engine, approvals: Approvals) -> str:
        """Runs the turn; its result. Raises `Fault`."""
        turn = self.turn = request.start(engine, patience="background")
        asks = approvals.of_turn(Origin.of("background", self.event, request.level, request.session, turn.cancel))
        self.live = asks.live
        locale = engine.settings.locale
        # Only what must be known to read the answer: nobody watches.
        progress = Progress(locale, calls=False)
        told: list[str] = []
        try:
            async for piece in turn:
                if asks.told(turn, piece):
                    continue
                if isinstance(piece, File):
                    self.files.append(piece)
                elif isinstance(piece, Notice) and piece.code not in ("queued", "answer_corrected"):
                    told.append(progress.told(piece))
            reply = await turn.reply()
        finally:
            turn.cancel()
            asks.close()
        text = reply.text or ("" if self.files else say(locale, "no_text"))
        return "\n".join(line for line in (text, *told, progress.rest()) if line)
