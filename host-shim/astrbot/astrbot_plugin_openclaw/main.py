"""OpenClaw in AstrBot: the Star. It maps AstrBot to the module `astr_openclaw`; every rule
(levels, memory, concurrency, breaker, faults) is in the WebAssembly component beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from astrbot.api import logger
from astrbot.api.event import AstrMessageEvent, filter  # noqa: A004 As AstrBot's plugins have it.
from astrbot.api.star import Context, Star, StarTools

from .openclaw.wheel_check import require_module

# Before anything else of the plugin: a module that is missing must raise here, so that AstrBot
# installs the wheel in wheels/ and imports this file again.
FOLDER = Path(__file__).resolve().parent
BROKEN = require_module(FOLDER)

from .openclaw import access, texts  # noqa: E402
from .openclaw.settings import PLUGIN, Settings  # noqa: E402

if BROKEN is None:
    from .openclaw.commands import Commands
    from .openclaw.conversations import Conversations
    from .openclaw.engine import Engine
    from .openclaw.provider import loop_ended, register_provider
    from .openclaw.status_page import StatusPage


class Prefix(filter.CustomFilter):
    """Messages that are for the assistant: the prefix alone, or followed by white space."""

    settings = Settings.read({})

    def filter(self, event: AstrMessageEvent, cfg: object) -> bool:
        return self.settings.task_of(event.get_message_str()) is not None


class OpenClawStar(Star):
    """Talks to a local OpenClaw Gateway, in chat and as a chat model."""

    def __init__(self, context: Context, config: dict[str, Any] | None = None) -> None:
        super().__init__(context)
        self.settings = Settings.read(config or {})
        Prefix.settings = self.settings
        self.commands: Commands | None = None
        self.engine: Engine | None = None
        if BROKEN is not None:
            logger.error(f"[{PLUGIN}] {BROKEN.text('zh')}")

    async def initialize(self) -> None:
        """Loads the component. Whatever goes wrong is kept and told by every command."""
        if BROKEN is not None:
            return
        data = Path(StarTools.get_data_dir(PLUGIN))
        self.engine = Engine(self.settings, FOLDER, data)
        commands = Commands(self.context, self.settings, self.engine, data)
        await self.engine.start()
        self.commands = commands
        try:
            await register_provider(
                self.context, self.engine, self.settings, Conversations(data / "conversations.json"), commands.audit
            )
            StatusPage(self.context, self.engine).register()
        except Exception:
            # An AstrBot whose inner parts are other ones: the commands work all the same.
            logger.exception(f"[{PLUGIN}] 聊天模型或状态页未能注册，命令不受影响")

    async def terminate(self) -> None:
        """Ends every turn, so that none of this instance overlaps with the next one's."""
        if self.commands is not None:
            self.commands.stop()
        try:
            if self.engine is not None:
                await self.engine.stop()
        finally:
            if self.commands is not None:
                self.commands.close()

    @filter.on_llm_request()
    async def asks_a_model(self, event: AstrMessageEvent, _request: object) -> None:
        """Before AstrBot asks its chat model: the level is that of whoever says this."""
        access.asks(event)

    @filter.on_llm_tool_respond()
    async def tool_ended(self, event: AstrMessageEvent, tool: object, arguments: object, result: object = None) -> None:
        """A tool that has answered the user itself has no result: it ends AstrBot's agent loop."""
        if result is None and BROKEN is None:
            loop_ended(event.unified_msg_origin)

    @filter.custom_filter(Prefix, False, priority=100)
    async def assistant(self, event: AstrMessageEvent) -> AsyncIterator[Any]:
        """/助手 <任务>：交给 OpenClaw；/助手 帮助 查看全部用法"""
        # Chosen first, said last: AstrBot's own model must not answer too, whatever happens here,
        # and a result is only sent on while the event has not been stopped.
        event.should_call_llm(True)
        if self.commands is None:
            locale = self.settings.locale
            if access.may_ask(event, self.settings):
                yield event.plain_result(BROKEN.text(locale) if BROKEN else texts.say(locale, "not_ready"))
            elif self.settings.tell_refused:
                yield event.plain_result(texts.say(locale, "refused"))
        else:
            async for result in self.commands.handle(event):
                yield result
        event.stop_event()
