"""The chat commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from astrbot.api import logger
from astrbot.api.event import MessageChain
from astr_openclaw import Delta, Fault, Notice, ToolCall, Turn

from . import access, attachments, masking, texts, tools
from .audit import Audit
from .engine import Engine
from .sessions import Sessions
from .settings import PLUGIN, Settings

#: Sub-commands by what users may write.
_COMMANDS = {
    "诊断": "diagnose",
    "diagnose": "diagnose",
    "状态": "status",
    "status": "status",
    "会话重置": "reset",
    "reset": "reset",
    "帮助": "help",
    "help": "help",
    "": "help",
    "取消": "cancel",
    "cancel": "cancel",
    "熔断复位": "reset_breaker",
    "reset-breaker": "reset_breaker",
}

#: Notices that a user is told while waiting. The others say what the reply shows anyway.
_TOLD = {"queued", "level_lowered", "memory_unreadable", "memory_estimated", "failed_over", "tool_denied"}


class Door:
    """Answers `/助手 …`."""

    def __init__(self, context: Any, settings: Settings, engine: Engine, data_dir: Path) -> None:
        self._context = context
        self._settings = settings
        self._engine = engine
        self.sessions = Sessions(data_dir / "sessions.json")
        self.audit = Audit(data_dir / "audit.jsonl", settings.audit_bytes, settings.audit_files)
        # By platform and sender: what `取消` ends.
        self._turns: dict[tuple[str, str], set[Turn]] = {}

    def close(self) -> None:
        """Closes the audit log."""
        self.audit.close()

    async def handle(self, event: Any) -> AsyncIterator[Any]:
        """Answers one message that has the prefix. Yields what AstrBot is to send."""
        locale = self._settings.locale
        if not access.may_ask(event, self._settings):
            self._write_audit(event, outcome="denied")
            if self._settings.tell_refused:
                yield event.plain_result(texts.say(locale, "refused"))
            return
        task = self._settings.task_of(event.get_message_str()) or ""
        command = _COMMANDS.get(task.lower())
        if command == "help" and event_has_attachment(event):
            command = None
        try:
            if command is None:
                async for result in self._ask(event, task):
                    yield result
            else:
                self._write_audit(event, outcome=command)
                yield event.plain_result(self._clean(event, await self._run(event, command)))
        except Fault as fault:
            yield event.plain_result(self._clean(event, texts.fault_text(locale, fault, with_partial=False)))
        except Exception as error:
            # AstrBot would show the exception's text to the user; the log is the place for it.
            logger.exception(f"[{PLUGIN}] 处理消息时出错")
            yield event.plain_result(texts.say(locale, "internal", kind=type(error).__name__))

    async def _run(self, event: Any, command: str) -> str:
        locale = self._settings.locale
        if command == "help":
            return texts.help_text(locale, self._settings.prefixes[0]) + self._problem()
        if command == "cancel":
            mine = self._turns.get(_caller(event), set())
            for turn in list(mine):
                turn.cancel()
            return texts.say(locale, "cancelling", n=len(mine)) if mine else texts.say(locale, "nothing_to_cancel") + self._problem()
        if command == "reset":
            try:
                self.sessions.reset(event.unified_msg_origin)
            except OSError as error:
                return texts.say(locale, "session_not_reset", why=error.strerror or type(error).__name__)
            return texts.say(locale, "session_reset") + self._problem()
        if command == "reset_breaker":
            if not access.is_admin(event):
                return texts.say(locale, "admins_only")
            self._engine.reset()
            return texts.say(locale, "breaker_reset")
        if command == "status":
            status = await self._engine.status_now()
            return texts.status_text(
                locale, status, self._engine.running().component, self._engine.component_problem
            )
        diagnosis = await self._engine.diagnose()
        return texts.diagnosis_text(locale, diagnosis, self._engine.component_problem)

    def _problem(self) -> str:
        """What is wrong with the settings, for the commands that work all the same."""
        return f"\n⚠️ config_invalid：{self._engine.problem}" if self._engine.problem else ""

    async def _ask(self, event: Any, task: str) -> AsyncIterator[Any]:
        settings = self._settings
        started = time.monotonic()
        level = access.level_of(event, settings)
        session = self.sessions.current(event.unified_msg_origin)
        outcome, code = "completed", None
        turn: Turn | None = None
        try:
            self._engine.running()  # Before anything is downloaded: raises what is wrong.
            try:
                files = await attachments.of_message(event.get_messages())
            except attachments.NotAttachable as error:
                outcome = "refused"
                yield event.plain_result(error.text(settings.locale))
                return
            turn = self._engine.ask(
                task, session=session, level=level, attachments=files,
                tools=tools.of_turn(self._context, event, self._engine),
            )
            self._turns.setdefault(_caller(event), set()).add(turn)
            with _stopped_by_astrbot(event, turn):
                async for result in self._answer(event, turn):
                    yield result
        except Fault as fault:
            outcome, code = "fault", fault.code
            self._engine.remember(fault)
            raise
        except asyncio.CancelledError:
            outcome, code = "fault", "cancelled"
            raise
        finally:
            if turn is not None:
                turn.cancel()
                mine = self._turns.get(_caller(event), set())
                mine.discard(turn)
                if not mine:
                    self._turns.pop(_caller(event), None)
            self._write_audit(
                event, outcome=outcome, code=code, level=level, session=session,
                seconds=time.monotonic() - started,
            )

    async def _answer(self, event: Any, turn: Turn) -> AsyncIterator[Any]:
        """Brings a turn's events and its end into the chat."""
        locale = self._settings.locale
        if self._streams(event):
            await self._stream(event, turn)
            return
        try:
            async for piece in turn:
                told = self._told(piece)
                if told:
                    await event.send(MessageChain().message(self._clean(event, told)))
            reply = await turn.reply()
        except Fault as fault:
            if fault.partial_text:
                yield event.plain_result(
                    self._clean(event, texts.say(locale, "partial", text=fault.partial_text))
                )
            raise
        yield event.plain_result(self._clean(event, reply.text) or texts.say(locale, "no_text"))

    async def _stream(self, event: Any, turn: Turn) -> None:
        """Sends the answer while it comes. Raises `Fault`."""
        shown = ""
        ended: Fault | None = None

        async def pieces() -> AsyncIterator[MessageChain]:
            nonlocal shown, ended
            mask = masking.TokenStream(self._settings.secrets())
            try:
                async for piece in turn:
                    if isinstance(piece, Delta):
                        shown += piece.text
                        text = mask.feed(piece.text)
                    else:
                        told = self._told(piece)
                        text = f"{told}\n" if told else ""
                    if text:
                        yield MessageChain().message(text)
                reply = await turn.reply()
                # Of an answer whose end, or all, came without deltas.
                missing = reply.text[len(shown) :] if reply.text.startswith(shown) else ""
                text = mask.feed(missing) + mask.rest()
                if not shown and not missing:
                    text = texts.say(self._settings.locale, "no_text")
                if text:
                    yield MessageChain().message(text)
            except Fault as fault:
                # Raised through AstrBot's sender it would be lost; told after it instead.
                ended = fault
                if rest := mask.rest():
                    yield MessageChain().message(rest)

        await event.send_streaming(pieces(), self._settings.streaming == "sentences")
        if ended is not None:
            if not shown and ended.partial_text:
                partial = texts.say(self._settings.locale, "partial", text=ended.partial_text)
                await event.send(MessageChain().message(self._clean(event, partial)))
            raise ended

    def _streams(self, event: Any) -> bool:
        """Whether the answer is sent while it comes."""
        if self._settings.streaming == "off":
            return False
        if event.get_group_id() and self._settings.mask_secrets:
            return False  # A secret may be spread over two pieces; it is masked in the whole.
        if self._settings.streaming == "sentences":
            return True
        return bool(getattr(event.platform_meta, "support_streaming_message", False))

    def _told(self, piece: Any) -> str:
        if isinstance(piece, Notice) and piece.code in _TOLD:
            return f"ℹ️ {piece.text}"
        if isinstance(piece, ToolCall) and self._settings.show_steps:
            return texts.say(self._settings.locale, "tool", name=piece.name)
        return ""

    def _clean(self, event: Any, text: str) -> str:
        secrets = self._settings.secrets()
        if event.get_group_id() and self._settings.mask_secrets:
            return masking.mask_secrets(text, secrets)
        return masking.mask_tokens(text, secrets)

    def _write_audit(
        self,
        event: Any,
        *,
        outcome: str,
        code: str | None = None,
        level: str = "L0",
        session: str = "",
        seconds: float = 0.0,
    ) -> None:
        self.audit.write(
            door="chat",
            who=f"{event.get_platform_id()}:{event.get_sender_id()}",
            session=session or event.unified_msg_origin,
            level=level,
            outcome=outcome,
            code=code,
            seconds=seconds,
        )


def _caller(event: Any) -> tuple[str, str]:
    return str(event.get_platform_id()), str(event.get_sender_id())


def event_has_attachment(event: Any) -> bool:
    """Whether there is more in the message than text: then an empty task is a task."""
    plain = ("Plain", "At", "AtAll", "Reply", "Face")
    return any(type(component).__name__ not in plain for component in event.get_messages())


class _stopped_by_astrbot:
    """AstrBot's own `/stop` (newer versions) ends the turn too."""

    def __init__(self, event: Any, turn: Turn) -> None:
        self._event = event
        self._turn = turn
        self._registry: Any = None

    def __enter__(self) -> None:
        with suppress(ImportError):
            from astrbot.core.utils.active_event_registry import active_event_registry

            if hasattr(active_event_registry, "register_agent_stop_callback"):
                self._registry = active_event_registry
                self._registry.register_agent_stop_callback(self._event, self._turn.cancel)

    def __exit__(self, *_: object) -> None:
        if self._registry is not None:
            self._registry.unregister_agent_stop_callback(self._event)
