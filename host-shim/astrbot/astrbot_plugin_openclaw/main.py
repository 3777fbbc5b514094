"""The Star: connects AstrBot to the module `astr_openclaw`. Every rule (levels, memory, concurrency,
breaker, faults) lives in the WebAssembly component beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from astrbot.api import logger
from astrbot.api.event import AstrMessageEvent, filter  # noqa: A004 AstrBot's own name for it.
from astrbot.api.star import Context, Star, StarTools

from .openclaw.wheel_check import require_module

# First of all: if the module is missing, this must raise, so that AstrBot installs the wheel from wheels/
# and imports this file again.
FOLDER = Path(__file__).resolve().parent
BROKEN = require_module(FOLDER)

from .openclaw import access, delegation_tools, reentry, texts  # noqa: E402
from .openclaw.settings import PLUGIN, Settings  # noqa: E402

if BROKEN is None:
    from .openclaw.commands import Commands
    from .openclaw.conversation_mode import ConversationMode, is_other_command
    from .openclaw.conversations import Conversations
    from .openclaw.engine import Engine
    from .openclaw.provider import loop_ended, register_provider
    from .openclaw.status_page import StatusPage


class Addressed(filter.CustomFilter):
    """Matches messages that start with the prefix, alone or followed by white space, and those of a conversation."""

    settings = Settings.read({})
    mode: ConversationMode | None = None

    def filter(self, event: AstrMessageEvent, cfg: dict[str, Any]) -> bool:
        if self.settings.task_of(event.get_message_str()) is not None:
            return True
        return self.mode is not None and self.mode.claims(event, cfg["wake_prefix"])


class OpenClawStar(Star):
    """Talks to a local OpenClaw Gateway, in chat and as a chat model."""

    def __init__(self, context: Context, config: dict[str, Any] | None = None) -> None:
        super().__init__(context)
        self.settings = Settings.read(config or {})
        Addressed.settings = self.settings
        self.commands: Commands | None = None
        self.engine: Engine | None = None
        if BROKEN is not None:
            logger.error(f"[{PLUGIN}] {BROKEN.text('zh')}")

    async def initialize(self) -> None:
        """Loads the component. If that fails, every command reports why."""
        if BROKEN is not None:
            return
        data = Path(StarTools.get_data_dir(PLUGIN))
        self.engine = Engine(self.settings, FOLDER, data)
        commands = Commands(self.context, self.settings, self.engine, data)
        Addressed.mode = commands.mode
        await self.engine.start()
        await commands.load()
        self.commands = commands
        try:
            await register_provider(
                self.context,
                self.engine,
                self.settings,
                Conversations(data / "conversations.json"),
                commands.audit,
                commands.approvals,
                commands.files,
            )
            StatusPage(self.context, self.engine, commands.approvals, commands.background, commands.audit).register()
        except Exception:
            # AstrBot's internals differ in this version; the commands still work.
            logger.exception(f"[{PLUGIN}] 聊天模型或状态页未能注册，命令不受影响")

    async def terminate(self) -> None:
        """Ends every turn, so that none overlaps with those of the next instance."""
        try:
            if self.commands is not None:
                await self.commands.unload()
        finally:
            try:
                if self.engine is not None:
                    await self.engine.stop()
            finally:
                if self.commands is not None:
                    self.commands.close()

    @filter.on_llm_request()
    async def asks_a_model(self, event: AstrMessageEvent, request: object) -> None:
        """Records who is speaking before AstrBot calls its chat model: the sender decides the level, and whether the
        model may delegate."""
        access.asks(event)
        if self.commands is None:
            delegation_tools.withhold(request)
        else:
            self.commands.delegation.offer(event, request)

    @filter.llm_tool(name=delegation_tools.DELEGATE)
    async def delegate(self, event: AstrMessageEvent, task: str, project: str = "", background: bool = False) -> str:
        """Delegate a task to OpenClaw, an agent with tools, files and a workspace of its own. Use it for work that
        needs several steps, files, the web, or minutes. Returns its answer; if that takes too long, an id, and the
        result is sent to the chat later.

        Args:
            task(string): What OpenClaw is to do, complete in itself: it does not see this conversation.
            project(string): Optional. The name of one of the user's OpenClaw projects in this chat.
            background(boolean): Optional. True returns an id at once, so that the conversation can go on.
        """
        if self.commands is None:
            return texts.say(self.settings.locale, "not_ready")
        return await self.commands.delegation.delegate(event, task, project, background)

    @filter.llm_tool(name=delegation_tools.LOOK)
    async def look_at_task(self, event: AstrMessageEvent, id: float = 0) -> str:  # noqa: A002 The model's word.
        """Look at the user's tasks in OpenClaw: one with its result, or a list.

        Args:
            id(number): Optional: the task's id. Without it, the tasks are listed.
        """
        if self.commands is None:
            return texts.say(self.settings.locale, "not_ready")
        return await self.commands.delegation.look(event, id)

    @filter.on_llm_tool_respond()
    async def tool_ended(self, event: AstrMessageEvent, tool: object, arguments: object, result: object = None) -> None:
        """A tool without a result has replied to the user itself, which ends AstrBot's agent loop."""
        if result is None and BROKEN is None:
            loop_ended(event.unified_msg_origin)

    @filter.custom_filter(Addressed, False, priority=100)
    async def assistant(self, event: AstrMessageEvent) -> AsyncIterator[Any]:
        """/助手 <任务>：交给 OpenClaw；/助手 帮助 查看全部用法"""
        if self.settings.task_of(event.get_message_str()) is None:
            # Of a conversation, where commands with AstrBot's wake prefix stay what they are.
            config = self.context.get_config(umo=event.unified_msg_origin)
            if is_other_command(event, config["wake_prefix"]):
                return
        # AstrBot's own model must not answer as well, whatever happens below. The event is stopped last:
        # AstrBot sends no results of a stopped event.
        event.should_call_llm(True)
        if reentry.is_marked(event):
            # A command that a turn has run sends its own event again: it would never end.
            logger.warning(f"[{PLUGIN}] 助手运行的命令试图再次调用助手，已忽略")
        elif self.commands is None:
            locale = self.settings.locale
            if access.may_ask(event, self.settings):
                yield event.plain_result(BROKEN.text(locale) if BROKEN else texts.say(locale, "not_ready"))
            elif self.settings.tell_refused:
                yield event.plain_result(texts.say(locale, "refused"))
        else:
            async for result in self.commands.handle(event):
                yield result
        event.stop_event()
