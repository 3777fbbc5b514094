"""The chat commands."""

from __future__ import annotations

import asyncio
import functools
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from astr_openclaw import Delta, Fault, Notice
from astrbot.api import logger
from astrbot.api.event import MessageChain

from . import access, attachments, command_tools, masking, texts, tools, turn_context
from .approvals import Approvals, Origin, TurnApprovals
from .audit import Audit, TurnLine
from .chat_task import ChatTask
from .engine import Engine
from .message_splitter import MessageSplitter
from .progress import Progress
from .sessions import Sessions
from .settings import PLUGIN, Settings

#: Commands by the words that users write.
_COMMANDS = {
    word: command
    for command, words in {
        "help": ("", "帮助", "help"),
        "diagnose": ("诊断", "diagnose"),
        "status": ("状态", "status"),
        "cancel": ("取消", "cancel"),
        "reset": ("会话重置", "reset"),
        "approve": ("确认", "approve", "confirm"),
        "reject": ("拒绝", "reject", "deny"),
        "cancel_all": ("全部取消", "取消全部", "cancel-all"),
        "reset_breaker": ("熔断复位", "reset-breaker"),
    }.items()
    for word in words
}

#: A decision with the id of its question.
_DECISION = re.compile(
    rf"({'|'.join(word for word, name in _COMMANDS.items() if name in ('approve', 'reject'))})\s*#?(\d{{4}})"
)

#: Commands for AstrBot's admins only.
_FOR_ADMINS = ("cancel_all", "reset_breaker")

#: Seconds between two messages of one answer: platforms throttle faster senders.
_PAUSE = 1.0


class Commands:
    """Handles `/助手 …`."""

    def __init__(self, context: Any, settings: Settings, engine: Engine, data_dir: Path) -> None:
        self._context = context
        self._settings = settings
        self._engine = engine
        self.sessions = Sessions(data_dir / "sessions.json")
        self.audit = Audit(data_dir / "audit.jsonl", settings.audit_max_kib << 10, settings.audit_files)
        self.approvals = Approvals(engine, self.audit)
        # What `取消` cancels.
        self._tasks: set[ChatTask] = set()

    def stop(self) -> None:
        """Ends every task, including the messages it is still sending."""
        for chat_task in list(self._tasks):
            chat_task.stop()

    def close(self) -> None:
        """Stops every task and closes the audit log."""
        self.stop()
        self.audit.close()

    async def handle(self, event: Any) -> AsyncIterator[Any]:
        """Handles one message that has the prefix. Yields what AstrBot should send."""
        locale = self._settings.locale
        if access.is_from_bot(event):
            return  # What a model writes must never confirm, ask or cancel.
        if not access.may_ask(event, self._settings):
            self._write_audit(event, "denied")
            if self._settings.tell_refused:
                yield event.plain_result(self._say("refused"))
            return
        task = self._settings.task_of(event.get_message_str()) or ""
        command, question = _command_of(task)
        if command == "help" and _has_attachment(event):
            command = None
        try:
            if command is None:
                async for result in self._ask(event, task):
                    yield result
            elif command in ("approve", "reject"):
                told = await self.approvals.decide(event, command == "approve", question)
                yield event.plain_result(self._clean(event, told))
            else:
                self._write_audit(event, command)
                yield event.plain_result(self._clean(event, await self._run(event, command)))
        except Fault as fault:
            yield event.plain_result(self._clean(event, texts.fault_text(locale, fault, with_partial=False)))
        except Exception as error:
            # AstrBot would show the exception's text to the user; it belongs in the log.
            logger.exception(f"[{PLUGIN}] 处理消息时出错")
            yield event.plain_result(self._say("internal", kind=type(error).__name__))

    async def _run(self, event: Any, command: str) -> str:
        engine = self._engine
        if command in _FOR_ADMINS and not access.is_admin(event, self._settings):
            return self._say("admins_only")
        # For commands that work despite wrong settings.
        problem = f"\n⚠️ config_invalid：{engine.problem}" if engine.problem else ""
        if command == "help":
            return self._say("help", p=self._settings.prefix[0]) + problem
        if command == "cancel":
            mine = [task for task in self._tasks if task.asker == access.asker(event)]
            for task in mine:
                task.stop()
            # A conversation of the chat model's counts while it waits for an approval.
            ids = {*self.approvals.cancel(access.asker(event)), *(task.turn.id for task in mine)}
            return self._say("cancelling", n=len(ids)) if ids else self._say("nothing_to_cancel") + problem
        if command == "cancel_all":
            # Including tasks whose answer is still being sent.
            turns = {*engine.cancel_all(), *(task.turn for task in self._tasks)}
            self.stop()
            return self._say("cancelling_all" if turns else "nothing_to_cancel_at_all", n=len(turns))
        if command == "reset":
            levels = {access.level_of(event, self._settings)}
            if access.is_admin(event, self._settings):
                levels.add(self._settings.user_level)
            try:
                for level in sorted(levels):
                    self.sessions.reset(access.session_of(event.unified_msg_origin, level))
            except OSError as error:
                return self._say("session_not_reset", why=error.strerror or type(error).__name__)
            # What waits for an approval belongs to the old session.
            self.approvals.cancel(access.asker(event), event.unified_msg_origin)
            return self._say("session_reset") + problem
        if command == "reset_breaker":
            await engine.reset()
            return self._say("breaker_reset")
        locale, component_problem = self._settings.locale, engine.component_problem
        if command == "status":
            status = await engine.status_now()
            return texts.status_text(locale, status, engine.running().component, component_problem)
        return texts.diagnosis_text(locale, await engine.diagnose(), component_problem) + self._hints()

    def _hints(self) -> str:
        """Hints about settings that do not do what they seem to."""
        wrong = command_tools.problems(self._context, self._settings)
        return self._unbound() + "".join(f"\nℹ️ {problem}" for problem in wrong)

    def _unbound(self) -> str:
        """A hint about list entries that match on several platforms."""
        try:
            platforms = [str(each.meta().id) for each in self._context.platform_manager.get_insts()]
        except AttributeError:  # Another version of AstrBot.
            return ""
        entries = access.unbound(self._settings, platforms)
        if not entries:
            return ""
        names, all_platforms = "、".join(entries[:10]), "、".join(platforms)
        return "\nℹ️ " + self._say("unbound", names=names, platforms=all_platforms)

    async def _ask(self, event: Any, task: str) -> AsyncIterator[Any]:
        settings = self._settings
        level = access.level_of(event, settings)
        asker = access.asker(event)
        session = self.sessions.current(access.session_of(event.unified_msg_origin, level))
        line = TurnLine(self.audit, door="chat", who=asker, session=session, level=level)
        chat_task: ChatTask | None = None
        approvals: TurnApprovals | None = None
        try:
            self._engine.running()  # Raises before anything is downloaded.
            try:
                files = await attachments.of_message(event.get_messages(), self._engine)
            except attachments.NotAttachable as error:
                line.ended("refused")
                yield event.plain_result(error.text(settings.locale))
                return
            context = await turn_context.of_event(event, settings)
            turn = self._engine.ask(
                task,
                session=session,
                level=level,
                attachments=files,
                tools=tools.of_turn(self._context, event, self._engine),
                asker=asker,
                admin=access.is_admin(event, settings),
                context=context,
            )
            chat_task = ChatTask(turn, asker)
            self._tasks.add(chat_task)
            approvals = self.approvals.of_turn(Origin.of("chat", event, level, session, chat_task.stop))
            with _stopped_by_astrbot(event, chat_task.stop):
                async for result in self._answer(event, chat_task, approvals, line):
                    yield result
        except Fault as fault:
            await self._failed(line, fault)
            raise
        except asyncio.CancelledError:
            line.ended("fault", "cancelled")
            raise
        finally:
            if chat_task is not None:
                chat_task.turn.cancel()
                self._tasks.discard(chat_task)
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
                if approvals.told(chat_task.turn, piece):
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
        yield event.plain_result(self._clean(event, reply.text) or self._say("no_text"))

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
                    if approvals.told(chat_task.turn, piece):
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
                if not shown and not missing:
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
        if self._masks(event):
            return False  # A secret may span two pieces, so the whole text is masked.
        if self._settings.streaming == "sentences":
            return True
        return bool(getattr(event.platform_meta, "support_streaming_message", False))

    def _progress(self) -> Progress:
        settings = self._settings
        shown = functools.partial(command_tools.shown_name, settings=settings)
        return Progress(settings.locale, calls=settings.show_steps, name_of=shown)

    def _masks(self, event: Any) -> bool:
        """Whether anything that looks like a secret is masked: everywhere except in private chats."""
        return self._settings.mask_secrets and not access.is_private(event.unified_msg_origin)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, **values)

    def _clean(self, event: Any, text: str) -> str:
        mask = masking.mask_secrets if self._masks(event) else masking.mask_tokens
        return mask(text, self._settings.secrets())

    def _write_audit(self, event: Any, outcome: str) -> None:
        """The line of a message that is no task."""
        line = TurnLine(self.audit, door="chat", who=access.asker(event), session=event.unified_msg_origin, level="L0")
        line.ended(outcome)


def _command_of(task: str) -> tuple[str | None, str]:
    """The command that a message is, if it is one, and the id of the question it answers, if it gives one."""
    found = _DECISION.fullmatch(unicodedata.normalize("NFKC", task.lower()))
    return (_COMMANDS[found[1]], found[2]) if found else (_COMMANDS.get(task.lower()), "")


async def _chains(pieces: AsyncIterator[str]) -> AsyncIterator[MessageChain]:
    async for piece in pieces:
        yield MessageChain().message(piece)


def _has_attachment(event: Any) -> bool:
    """Whether the message contains more than text; an attachment alone is a task."""
    plain = ("Plain", "At", "AtAll", "Reply", "Face")
    return any(type(component).__name__ not in plain for component in event.get_messages())


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
