"""Runs one of AstrBot's commands for a turn: with the sender's permissions, through AstrBot's filters, on a copy
of the sender's event."""

from __future__ import annotations

import asyncio
import copy
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import astrbot.api.message_components as Comp
from astrbot.api import logger
from astrbot.api.event import MessageChain
from astrbot.core.pipeline.context_utils import call_handler
from astrbot.core.star.filter.command import CommandFilter
from astrbot.core.star.filter.command_group import CommandGroupFilter
from astrbot.core.star.filter.permission import PermissionTypeFilter
from astrbot.core.star.session_plugin_manager import SessionPluginManager
from astrbot.core.star.star_handler import EventType, star_handlers_registry

from . import access, masking, reentry
from .settings import PLUGIN, Settings
from .texts import say

#: Characters of text for the model, and messages to the chat, of one call.
_MOST_TEXT = 32_000
_MOST_MESSAGES = 10

#: Extras that AstrBot's pipeline keeps for the event that it handles.
_PIPELINE = {"activated_handlers", "handlers_parsed_params", "parsed_params", "provider_request"}

#: Components of the sender's message that the command gets too.
_ATTACHMENTS = ("Image", "File", "Record", "Video", "Reply")

#: Components that only decorate a text.
_DECORATION = ("At", "AtAll", "Reply", "Face")

_BUILTIN_COMMANDS = "astrbot.builtin_stars.builtin_commands.main"


class CommandError(Exception):
    """Why a command did not run, or failed: a text for the model."""


def is_command(handler: Any) -> bool:
    """Whether a handler is a command or a group of commands."""
    return any(isinstance(rule, (CommandFilter, CommandGroupFilter)) for rule in handler.event_filters)


def handlers_for(context: Any, event: Any | None) -> list[Any]:
    """The handlers of commands that can run for this event, in AstrBot's order; all if there is none. The
    plugin's own are left out."""
    plugins = getattr(event, "plugins_name", None)
    found = star_handlers_registry.get_handlers_by_event_type(EventType.AdapterMessageEvent, plugins_name=plugins)
    builtin = not (event is not None and config_of(context, event).get("disable_builtin_commands", False))
    return [
        handler
        for handler in found
        if is_command(handler)
        and PLUGIN not in handler.handler_module_path.split(".")
        and (builtin or handler.handler_module_path != _BUILTIN_COMMANDS)
    ]


def config_of(context: Any, event: Any) -> Any:
    """AstrBot's config for the chat of an event."""
    return context.get_config(umo=event.unified_msg_origin)


async def run_command(context: Any, event: Any, words: str, arguments: str, settings: Settings) -> str:
    """Runs a command as if the sender had written it. Returns its text; pictures and files go to the sender's
    chat. Raises `CommandError`. If it is cancelled, the command is too, and can send no more."""
    if reentry.inside_command():
        raise CommandError(say(settings.locale, "inside_command"))
    twin = _twin(event, f"{words} {arguments}".strip(), admin=access.is_admin(event, settings))
    chosen = await _allowed(context, twin, words, settings)
    logger.info(f"[{PLUGIN}] 模型为 {access.asker(event)} 运行命令 /{words}")
    output = _Output(twin, settings.locale)
    # A task of its own: a command that ignores its cancellation is not waited for.
    task = asyncio.ensure_future(_run(twin, chosen, output))
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            output.close()
            task.cancel()
            task.add_done_callback(_forget)
    error = None if task.cancelled() else task.exception()
    if task.cancelled() or error is not None:
        why = _why(error, settings)
        logger.error(f"[{PLUGIN}] 命令 /{words} 出错：{why}\n{_where(error)}")
        raise CommandError(say(settings.locale, "command_failed", command=words, why=why))
    return output.text()


async def _run(twin: Any, chosen: list[tuple[Any, dict[str, Any]]], output: _Output) -> None:
    with reentry.running_command():
        for handler, parameters in chosen:
            # AstrBot stops calling handlers of a stopped event, and so does this.
            async for returned in _results(twin, handler, parameters):
                if await output.take(returned):
                    return


async def _results(twin: Any, handler: Any, parameters: dict[str, Any]) -> AsyncIterator[Any]:
    try:
        async for returned in call_handler(twin, handler.handler, **parameters):
            yield returned
    except (SystemExit, KeyboardInterrupt) as error:
        # As the exception of a task it would end AstrBot's loop.
        raise CommandError(f"{type(error).__name__}: {error}") from None


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()  # Mark it as retrieved.


def _why(error: BaseException | None, settings: Settings) -> str:
    """What the model is told of an exception. Its text may hold anything that the plugin knows."""
    if error is None:
        return "CancelledError"
    try:
        text = str(error)
    except Exception:
        text = ""
    return masking.mask_secrets(f"{type(error).__name__}: {text}"[:_MOST_TEXT], settings.secrets())


def _where(error: BaseException | None) -> str:
    """The lines of code that an exception went through, without its text."""
    return "".join(traceback.format_tb(error.__traceback__)) if error is not None else ""


def _twin(event: Any, text: str, *, admin: bool) -> Any:
    """A copy of the event that says `text`. What a command does to it does not reach the original."""
    twin = copy.copy(event)
    twin.message_obj = copy.copy(event.message_obj)
    # Who asked, and where: a command that changes these must not change whose answer counts.
    for part in ("sender", "group"):
        if (original := getattr(event.message_obj, part, None)) is not None:
            setattr(twin.message_obj, part, copy.copy(original))
    attachments = [part for part in event.get_messages() if type(part).__name__ in _ATTACHMENTS]
    twin.message_obj.message = [Comp.Plain(f"/{text}"), *attachments]
    twin.message_obj.message_str = f"/{text}"
    twin.message_str = text
    twin.session = copy.copy(event.session)
    twin._extras = {key: value for key, value in event.get_extra().items() if key not in _PIPELINE}
    twin._result = None
    twin._force_stopped = False
    twin._has_send_oper = False
    twin.is_wake = twin.is_at_or_wake_command = True
    # `admin_platforms` may count fewer people as admins than AstrBot does.
    twin.role = "admin" if admin else "member"
    reentry.mark(twin)
    return twin


async def _allowed(context: Any, twin: Any, words: str, settings: Settings) -> list[tuple[Any, dict[str, Any]]]:
    """The handlers of the command that AstrBot's filters let run, with their parameters: what its
    `WakingCheckStage` does, for commands only. A group's permission holds for its commands."""
    config = config_of(context, twin)
    chosen: list[tuple[Any, dict[str, Any]]] = []
    refused = CommandError(say(settings.locale, "command_refused", command=words))
    for handler in handlers_for(context, twin):
        try:
            passed, permitted, silent = _filter(handler, twin, config)
        except Exception as error:
            why = _why(error, settings)
            raise CommandError(say(settings.locale, "command_rejected", command=words, why=why)) from None
        parameters = twin.get_extra().pop("parsed_params", None) or {}
        if not passed:
            continue
        if not permitted and not silent:
            raise refused
        if permitted and names_it(handler, words):
            chosen.append((handler, parameters))
    if not chosen:
        raise refused
    enabled = await SessionPluginManager.filter_handlers_by_session(twin, [handler for handler, _ in chosen])
    if not enabled:
        raise CommandError(say(settings.locale, "command_switched_off", command=words))
    return [(handler, parameters) for handler, parameters in chosen if handler in enabled]


def _filter(handler: Any, twin: Any, config: Any) -> tuple[bool, bool, bool]:
    """Whether a handler's filters match, whether its permissions do, and whether AstrBot would just skip it."""
    permitted, silent = True, False
    for rule in handler.event_filters:
        matches = rule.filter(twin, config)
        if isinstance(rule, PermissionTypeFilter):
            if not matches:
                permitted, silent = False, not rule.raise_error
        elif not matches:
            return False, permitted, silent
    return True, permitted, silent


def names_it(handler: Any, words: str) -> bool:
    """Whether a handler is the command with this name, also an alias."""
    rules = (rule for rule in handler.event_filters if isinstance(rule, CommandFilter))
    return any(words in rule.get_complete_command_names() for rule in rules)


class _Output:
    """What a command gives back: text for the model, everything else for the sender's chat."""

    def __init__(self, twin: Any, locale: str) -> None:
        self._twin = twin
        self._locale = locale
        self._send, self._stream = twin.send, twin.send_streaming
        self._closed = False
        self._streaming = False
        self._parts: list[str] = []
        self._length = 0
        self._messages = 0
        twin.send, twin.send_streaming = self._sent, self._streamed

    def close(self) -> None:
        """From now on nothing reaches the chat."""
        self._closed = True

    def text(self) -> str:
        """What the model gets."""
        if self._messages > _MOST_MESSAGES:
            self._parts.append(self._say("command_flood", most=_MOST_MESSAGES))
        return "\n".join(self._parts) or self._say("command_silent")

    async def take(self, returned: Any) -> bool:
        """Takes what a handler has set as the event's result. Returns whether it has stopped the event."""
        # A command that yields without end must not keep the loop to itself.
        await asyncio.sleep(0)
        result, stopped = self._twin.get_result(), bool(self._twin.is_stopped())
        self._twin.clear_result()
        if returned is not None and hasattr(returned, "prompt"):
            self._add(self._say("command_asks_model"))
        if result is not None:
            async for chain in _chains(result):
                await self._take_chain(chain)
        return stopped

    async def _take_chain(self, chain: Any) -> None:
        parts = list(chain.chain or [])
        self._add("".join(part.text for part in parts if isinstance(part, Comp.Plain)))
        shown = [part for part in parts if not isinstance(part, Comp.Plain) and type(part).__name__ not in _DECORATION]
        if not shown:
            return
        message = MessageChain()
        message.chain = shown
        if await self._deliver(lambda: self._send(message)):
            self._add(self._say("command_sent_parts", parts=", ".join(type(part).__name__ for part in shown)))

    async def _sent(self, message: Any) -> None:
        """The command sends a message itself."""
        self._check_open()
        if self._streaming:
            await self._send(message)
        elif await self._deliver(lambda: self._send(message)):
            self._note(message.get_plain_text() if message is not None else "")

    async def _streamed(self, pieces: Any, use_fallback: bool = False) -> None:
        """The command streams a message itself."""
        shown: list[str] = []

        async def noted() -> AsyncIterator[Any]:
            async for piece in pieces:
                shown.append(piece.get_plain_text())
                yield piece

        self._streaming = True
        try:
            if await self._deliver(lambda: self._stream(noted(), use_fallback)):
                self._note("".join(shown))
        finally:
            self._streaming = False

    async def _deliver(self, send: Callable[[], Any]) -> bool:
        """Whether the message was sent, and not one too many."""
        self._check_open()
        self._messages += 1
        if self._messages > _MOST_MESSAGES:
            return False
        await send()
        return True

    def _check_open(self) -> None:
        if self._closed:
            raise CommandError(self._say("command_over"))

    def _note(self, text: str) -> None:
        self._add(self._say("command_sent", text=text.strip()))

    def _add(self, text: str) -> None:
        if not text.strip() or self._length >= _MOST_TEXT:
            return
        room = _MOST_TEXT - self._length
        self._length += len(text)
        self._parts.append(text if len(text) <= room else text[:room] + self._say("command_cut"))

    def _say(self, text: str, /, **values: object) -> str:
        return say(self._locale, text, **values)


async def _chains(result: Any) -> AsyncIterator[Any]:
    """The chains of a result, which may be a stream."""
    if getattr(result, "async_stream", None) is not None:
        async for chain in result.async_stream:
            yield chain
    if result.chain:
        yield result
