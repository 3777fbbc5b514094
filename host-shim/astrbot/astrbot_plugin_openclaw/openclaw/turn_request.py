"""What a turn takes from a message: its text, attachments and context, and the sender's level and tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from astr_openclaw import Attachment, Tool, Turn, TurnContext

from . import access, attachments, tools, turn_context
from .engine import Engine


@dataclass(frozen=True)
class TurnRequest:
    """One turn, ready to start."""

    text: str = field(repr=False)
    session: str  #: The gateway session.
    level: str  #: The requested level.
    asker: str  #: `platform:id`.
    admin: bool
    attachments: list[Attachment]
    tools: list[Tool]
    context: TurnContext | None

    def start(self, engine: Engine, patience: str = "interactive") -> Turn:
        """Starts the turn. `patience`: `interactive` or `background`. Raises `Fault`, see `Engine.ask`."""
        return engine.ask(
            self.text,
            session=self.session,
            level=self.level,
            attachments=self.attachments,
            tools=self.tools,
            asker=self.asker,
            admin=self.admin,
            context=self.context,
            patience=patience,
            files=True,
        )


async def of_event(
    context: Any,
    engine: Engine,
    event: Any,
    text: str,
    *,
    session: str,
    level: str,
    files: list[Attachment] | None = None,
) -> TurnRequest:
    """A turn for a message. `context`: AstrBot's; `files`: the message's attachments, if they have been read. Raises
    `Fault` before anything is downloaded if no plugin is running or memory is short, and `NotAttachable`."""
    engine.running()
    settings = engine.settings
    if files is None:
        files = await attachments.of_message(event.get_messages(), engine)
    return TurnRequest(
        text=text,
        session=session,
        level=level,
        asker=access.asker(event),
        admin=access.is_admin(event, settings),
        attachments=files,
        tools=tools.of_turn(context, event, engine),
        context=await turn_context.of_event(event, settings),
    )
