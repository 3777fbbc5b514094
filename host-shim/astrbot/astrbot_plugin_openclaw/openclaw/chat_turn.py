"""Runs a task in the chat that asked for it: from the question to the last message."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from astr_openclaw import Delta, Fault, Notice
from astrbot.api.event import MessageChain

from . import access, attachments, command_tools, masking, texts, turn_request
from .approvals import Approvals, Origin, TurnApprovals
from .audit import Audit, TurnLine
from .chat_task import ChatTask
from .engine import Engine
from .message_splitter import MessageSplitter
from .outgoing_files import OutgoingFiles
from .progress import Progress
from .projects import Projects

#: Seconds between two messages of one answer: platforms throttle faster senders.
_PAUSE = 1.0


class ChatTurns:
    """The turns of chat tasks."""

    def __init__(
        self, context: Any, engine: Engine, projects: Projects, audit: Audit, approvals: Approvals, files: OutgoingFiles
    ) -> None:
        self._context = context
        self._settings = engine.settings
        self._engine = engine
        self._projects = projects
        self._audit = audit
        self._approvals = approvals
        self._files = files
        #: Tasks that run, wait or are still being sent.
        self.under_way: set[ChatTask] = set()

    def stop(self) -> None:
        """Ends every task, including the messages it is still sending."""
        for chat_task in list(self.under_way):
            chat_task.stop()

    async def ask(self, event: Any, task: str, project: str = "") -> AsyncIterator[Any]:
        """Runs a task, in the chat's default conversation or in that of a project. Yields what AstrBot should send;
        raises `Fault`, also when the task is stopped, and `ProjectError` for an unknown project."""
        settings = self._settings
        level = access.level_of(event, settings)
        asker = access.asker(event)
        session = self._projects.session(event.unified_msg_origin, level, project)
        line = TurnLine(self._audit, door="chat", who=asker, session=session, level=level)
        chat_task: ChatTask | None = None
        approvals: TurnApprovals | None = None
        try:
            try:
                request = await turn_request.of_event(
                    self._context, self._engine, event, task, session=session, level=level
                )
            except attachments.NotAttachable as error:
                line.ended("refused")
                yield event.plain_result(error.text(settings.locale))
                return
            chat_task = ChatTask(request.start(self._engine), request.asker)
            self.under_way.add(chat_task)
            approvals = self._approvals.of_turn(Origin.of("chat", event, level, session, chat_task.stop))
            with _stopped_by_astrbot(event, chat_task.stop):
                async for result in self._answer(event, chat_task, approvals, line):
                    yield result
                if chat_task.files:
                    await chat_task.run(self._send_files(event, chat_task))
        except Fault as fault:
            await self._failed(line, fault)
            raise
        except asyncio.CancelledError:
            line.ended("fault", "cancelled")
            raise
        finally:
            if chat_task is not None:
                chat_task.turn.cancel()
                self.under_way.discard(chat_task)
            if approvals is not None:
                approvals.close()
            line.ended("completed")

    async def _failed(self, line: TurnLine, fault: Fault) -> None:
        """Stores what a fault changes, and lists the fault once. Await it before sending anything about the fault;
        call it again if it was interrupted."""
        listed = line.written
        line.ended("fault", fault.code)
        await self._engine.turn_ended(None if listed else fault)

    async def _answer(
        self, event: Any, chat_task: ChatTask, approvals: TurnApprovals, line: TurnLine
    ) -> AsyncIterator[Any]:
        """Sends a turn's events and its answer to the chat. Raises `Fault`, also when the task is stopped."""
        if self._streams(event):
            await self._stream(event, chat_task, approvals, line)
            return
        progress = self._progress()
        try:
            async for piece in chat_task.turn:
                if chat_task.stopped:
                    break
                if approvals.told(chat_task.turn, piece) or chat_task.took(piece):
                    continue
                # The complete text follows anyway.
                if not isinstance(piece, Notice) or piece.code != "answer_corrected":
                    await self._send(event, chat_task, progress.told(piece))
            await self._send(event, chat_task, progress.rest())
            reply = await chat_task.turn.reply()
        except Fault as fault:
            await self._failed(line, fault)
            if fault.partial_text:
                yield event.plain_result(self._clean(event, self._say("partial", text=fault.partial_text)))
            raise
        self._raise_if_stopped(chat_task)
        await self._engine.turn_ended()
        line.ended("completed")
        if text := self._clean(event, reply.text) or ("" if chat_task.files else self._say("no_text")):
            yield event.plain_result(text)

    async def _send_files(self, event: Any, chat_task: ChatTask) -> None:
        """Sends what the agent has made, and says what was not sent."""
        lines = await self._files.send(chat_task.files, str(event.unified_msg_origin), event.send)
        await self._send(event, chat_task, "\n".join(lines))

    async def _send(self, event: Any, chat_task: ChatTask, text: str) -> None:
        """Sends a separate message, unless it is empty or the task is stopped."""
        if text := self._clean(event, text).strip():
            await chat_task.run(event.send(MessageChain().message(text)))

    def _raise_if_stopped(self, chat_task: ChatTask) -> None:
        if chat_task.stopped:
            raise self._engine.fault("cancelled", "stopped_by_user")

    async def _stream(self, event: Any, chat_task: ChatTask, approvals: TurnApprovals, line: TurnLine) -> None:
        """Sends the answer while it arrives. Raises `Fault`."""
        shown = ""
        ended: Fault | None = None

        async def pieces() -> AsyncIterator[str]:
            nonlocal shown, ended
            mask = masking.TokenStream(self._settings.secrets())
            progress = self._progress()
            corrected = False
            try:
                async for piece in chat_task.turn:
                    if chat_task.stopped:
                        return
                    if approvals.told(chat_task.turn, piece) or chat_task.took(piece):
                        continue
                    if isinstance(piece, Delta):
                        shown += piece.text
                        text = mask.feed(piece.text)
                    else:
                        corrected |= isinstance(piece, Notice) and piece.code == "answer_corrected"
                        told = progress.told(piece)
                        text = f"{self._clean(event, told)}\n" if told else ""
                    if text:
                        yield text
                reply = await chat_task.turn.reply()
                await self._engine.turn_ended()
                line.ended("completed")
                # The part of the answer that came without deltas.
                missing = reply.text[len(shown) :] if reply.text.startswith(shown) else ""
                text = mask.feed(missing) + mask.rest()
                if corrected and not missing:
                    text += "\n\n" + self._clean(event, self._say("corrected", text=reply.text))
                if not shown and not missing and not chat_task.files:
                    text += self._say("no_text")
                if rest := progress.rest():
                    text += f"\n{rest}"
                if text:
                    yield text
            except Fault as fault:
                # AstrBot's sender would swallow it; raised below instead.
                ended = fault
                await self._failed(line, fault)
                if rest := mask.rest():
                    yield rest

        if self._settings.streaming == "sentences":
            await chat_task.run(self._sentences(event, chat_task, pieces()))
        else:
            await chat_task.run(event.send_streaming(_chains(pieces()), False))
        if ended is None:
            self._raise_if_stopped(chat_task)
        else:
            if not shown and ended.partial_text:
                partial = self._say("partial", text=ended.partial_text)
                await event.send(MessageChain().message(self._clean(event, partial)))
            raise ended

    async def _sentences(self, event: Any, chat_task: ChatTask, pieces: AsyncIterator[str]) -> None:
        """Sends an answer in a few messages, for platforms that cannot stream."""
        splitter = MessageSplitter()
        async for piece in pieces:
            if message := splitter.feed(piece):
                await self._send(event, chat_task, message)
                await chat_task.pause(_PAUSE)
        await self._send(event, chat_task, splitter.rest())

    def _streams(self, event: Any) -> bool:
        """Whether the answer is sent while it arrives."""
        if self._settings.streaming == "off":
            return False
        if masking.hides_secrets(event.unified_msg_origin, self._settings):
            return False  # A secret may span two pieces, so the whole text is masked.
        if self._settings.streaming == "sentences":
            return True
        return bool(getattr(event.platform_meta, "support_streaming_message", False))

    def _progress(self) -> Progress:
        settings = self._settings
        shown = functools.partial(command_tools.shown_name, settings=settings)
        return Progress(settings.locale, calls=settings.show_steps, name_of=shown)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, **values)

    def _clean(self, event: Any, text: str) -> str:
        return masking.for_chat(text, event.unified_msg_origin, self._settings)


async def _chains(pieces: AsyncIterator[str]) -> AsyncIterator[MessageChain]:
    async for piece in pieces:
        yield MessageChain().message(piece)


@contextmanager
def _stopped_by_astrbot(event: Any, stop: Callable[[], None]) -> Iterator[None]:
    """Lets AstrBot's own `/stop` (newer versions) call `stop`."""
    registry: Any = None
    with suppress(ImportError):
        from astrbot.core.utils.active_event_registry import active_event_registry

        if hasattr(active_event_registry, "register_agent_stop_callback"):
            registry = active_event_registry
            registry.register_agent_stop_callback(event, stop)
    try:
        yield
    finally:
        if registry is not None:
            registry.unregister_agent_stop_callback(event)
