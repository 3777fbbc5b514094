"""OpenClaw as a chat model in AstrBot. It shares the plugin instance, so the guards apply here too."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from astr_openclaw import Delta, Fault, Quote, Reply, TurnContext
from astrbot.api import logger
from astrbot.api.event import MessageChain
from astrbot.core.provider import Provider
from astrbot.core.provider.entities import LLMResponse
from astrbot.core.provider.register import provider_cls_map, provider_registry, register_provider_adapter

from . import (
    access,
    attachments,
    chat_request,
    chat_response,
    command_tools,
    delegation_tools,
    masking,
    reentry,
    texts,
    tools,
    turn_context,
)
from .agent_turn import AgentTurn
from .approvals import Approvals, Origin
from .audit import Audit, TurnLine
from .conversations import Conversations, new_session
from .engine import Engine
from .outgoing_files import OutgoingFiles
from .pending_calls import PendingCalls
from .settings import PLUGIN, Settings

#: The adapter's type in AstrBot's provider config.
TYPE = "openclaw"

#: The instances in use.
_providers: weakref.WeakSet[OpenClawProvider] = weakref.WeakSet()


class OpenClawProvider(Provider):
    """The adapter. `register_provider` sets `engine` and the rest."""

    engine: Engine
    settings: Settings
    conversations: Conversations
    audit: Audit
    approvals: Approvals
    files: OutgoingFiles
    context: Any
    manager: Any

    def __init__(self, provider_config: dict[str, Any], provider_settings: dict[str, Any], *_: Any) -> None:
        super().__init__(provider_config, provider_settings)
        self.set_model(str(provider_config.get("model") or "openclaw"))
        self._pending = PendingCalls(self._someone_waits)
        _providers.add(self)

    async def initialize(self) -> None:
        """Called before AstrBot adopts the instance. At start-up AstrBot loads models that `register_provider`
        has already loaded; only one instance per id may stay."""
        if self.provider_config.get("id") in self.manager.inst_map:
            await self.manager.terminate_provider(self.provider_config["id"])

    def get_current_key(self) -> str:
        """Empty: the token is a setting of the plugin."""
        return ""

    def set_key(self, key: str) -> None:
        """Ignored, see `get_current_key`."""

    async def get_models(self) -> list[str]:
        """One entry: the gateway chooses the model."""
        return ["openclaw"]

    async def test(self, timeout: float = 45.0) -> None:
        """AstrBot's test button: runs the diagnosis, which calls no model."""
        diagnosis = await asyncio.wait_for(self.engine.diagnose(), timeout)
        for check in diagnosis.checks:
            if not check.ok:
                raise RuntimeError(f"{check.name} [{check.code}] {check.detail}")

    async def text_chat(self, *args: Any, **request: Any) -> LLMResponse:
        """As `text_chat_stream`, without the deltas."""
        async with aclosing(self.text_chat_stream(*args, **request)) as stream:
            async for response in stream:
                if not response.is_chunk:
                    return response
        raise RuntimeError("OpenClaw: no result")  # Unreachable: the stream ends with a whole response or raises.

    async def text_chat_stream(
        self,
        prompt: str | None = None,
        session_id: str | None = None,
        image_urls: Any = None,
        func_tool: Any = None,
        contexts: Any = None,
        system_prompt: str | None = None,
        tool_calls_result: Any = None,
        model: str | None = None,
        **rest: Any,
    ) -> AsyncGenerator[LLMResponse, None]:
        """Deltas, then one whole response: the answer, tool calls, or an error."""
        settings = self.settings
        # Callers without a session (context compression, titles, sub-agents) share nothing.
        chat = str(session_id or "").strip()
        key = f"{chat}#{rest['conversation_id']}" if chat and rest.get("conversation_id") else chat
        level = access.chat_level(chat, settings)
        if chat and (asking := access.asking_in(chat)) is not None:
            reentry.answers(asking)
        key = access.session_of(key, level) if key else key
        who = access.chat_asker(chat, settings)[0] or chat or "-"
        line = TurnLine(self.audit, door="model", who=who, session="-", level=level)
        turn: AgentTurn | None = None
        # Whether AstrBot has received everything; leaving before that cancels the turn.
        given = False
        # A secret may span two pieces, so the whole text is masked. Without a session, nobody knows where the
        # answer goes.
        whole = settings.mask_secrets and not access.is_private(chat)
        clean = masking.mask_secrets if whole else masking.mask_tokens
        mask = masking.TokenStream(settings.secrets())
        shown = ""
        try:
            asked = chat_request.read(
                prompt,
                contexts,
                image_urls=image_urls,
                audio_urls=rest.get("audio_urls"),
                extra=rest.get("extra_user_content_parts"),
                tool_calls=tool_calls_result,
                split_quote=settings.send_context and bool(chat) and access.asking_in(chat) is not None,
            )
            offered = _tools(func_tool)
            turn = self._resumed(asked, bool(offered))
            if turn is None:
                asked.system.insert(0, chat_request.text_of(system_prompt))
                turn = await self._begin(chat, key, level, asked, offered, rest.get("abort_signal"))
            line.session = turn.session
            async with aclosing(turn.pieces()) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Delta):
                        if text := "" if whole else mask.feed(piece.text):
                            shown += text
                            yield chat_response.chunk(text)
                    elif isinstance(piece, Reply):
                        await self.engine.turn_ended()
                        text = clean(piece.text, settings.secrets()) or texts.say(settings.locale, "no_text")
                        tail = chat_response.tail([*turn.shown, shown], text, settings.locale)
                        if chat and (
                            told := "\n".join([*chat_response.told(turn), *await self._send_files(turn, chat)])
                        ):
                            text, tail = f"{text}\n\n{told}", f"{tail}\n\n{told}"
                        self._pending.drop(turn)
                        if chat:
                            self.conversations.keep(key, turn.session, asked.with_reply(text))
                        line.ended("completed")
                        # When streaming, AstrBot shows only the chunks.
                        if tail:
                            yield chat_response.chunk(tail)
                        given = True
                        yield LLMResponse(
                            "assistant", result_chain=MessageChain().message(text), **chat_response.usage(piece)
                        )
                    else:
                        if tail := mask.rest():
                            shown += tail
                            yield chat_response.chunk(tail)
                        turn.shown.append(shown)
                        response = LLMResponse("tool")
                        response.tools_call_args = [call.arguments for call in piece]
                        response.tools_call_name = [turn.names[call.name] for call in piece]
                        response.tools_call_ids = [call.id for call in piece]
                        self._pending.add(turn, chat, key, asked.said, piece)
                        given = True
                        line.ended("tools")
                        yield response
        except Exception as error:
            outcome, code, text = await self._failed(error, with_partial=not shown)
            line.ended(outcome, code)
            given = given or isinstance(error, Fault)
            if shown and (tail := mask.rest()):
                yield chat_response.chunk(tail)
            # If this were raised, AstrBot would show a stack trace and might retry; a turn must not be repeated.
            yield LLMResponse("err", completion_text=clean(text, settings.secrets()))
        finally:
            if turn is not None and not given:
                self._pending.drop(turn)
                turn.cancel()
            line.ended("fault", "cancelled")  # If AstrBot has left early.

    async def _failed(self, error: Exception, *, with_partial: bool) -> tuple[str, str | None, str]:
        """Outcome and code for the audit log, and the text for the user."""
        locale = self.settings.locale
        if isinstance(error, Fault):
            await self.engine.turn_ended(error)
            return "fault", error.code, texts.fault_text(locale, error, with_partial=with_partial)
        if isinstance(error, attachments.NotAttachable):
            return "refused", None, error.text(locale)
        if isinstance(error, chat_request.NothingToAsk):
            return "refused", None, texts.say(locale, "nothing_to_ask")
        # AstrBot and its plugins may pass anything.
        logger.error(f"[{PLUGIN}] 聊天模型的请求出错", exc_info=error)
        return "fault", "internal", texts.say(locale, "internal", kind=type(error).__name__)

    def _resumed(self, asked: chat_request.ChatRequest, takes_calls: bool) -> AgentTurn | None:
        """The turn that waits for these tool results, if it can still be read."""
        turn = self._pending.turn_of(asked.results)
        if turn is None or turn.given_up:
            return None
        if not turn.is_here or asked.note_images:
            # It belongs to another loop, or would need an image, which a running turn cannot take.
            turn.give_up()
            return None
        # If the tools took too long, the turn has gone on without them.
        turn.resume(asked.results, asked.note)
        if not takes_calls:
            turn.take_no_more_calls()
        return turn

    async def _begin(
        self, chat: str, key: str, level: str, asked: chat_request.ChatRequest, offered: list[Any], abort: Any
    ) -> AgentTurn:
        self.engine.running()  # Raises before anything is downloaded.
        settings, text = self.settings, asked.text
        if (given_up := self._pending.turn_of(asked.results)) is not None:
            # Its session knows everything but the results.
            session: str | None = given_up.session
            text = "\n\n".join(part for part in (asked.results_text, asked.note) if part)
            self._pending.drop(given_up)
        else:
            session = self.conversations.find(key, asked.before) if key else None
            self._pending.asked_again(key, asked.said)
        if session is None:
            session = new_session(key)
            if asked.history:
                asked.system.append(asked.told())
        files = await attachments.of_urls(asked.images, self.engine)
        turn = AgentTurn(abort, session)
        served = []
        asking = access.asking_in(chat)
        # Callers without a session, such as context compression, do not speak for the sender.
        context = await _context(asking, asked.quoted, settings) if chat else None
        for tool in offered:
            own = getattr(tool, "name", None)
            if not isinstance(own, str):
                continue
            name = tools.offered_name(own)
            if name is not None and name not in turn.names:
                # For the way back: AstrBot knows the tool by its own name.
                turn.names[name] = own
                parameters = tool.parameters or tools.NO_PARAMETERS
                needs = tools.needs_of(self.context, asking, own, settings, tool)
                limit = settings.tool_timeout_seconds
                served.append(turn.tool(name, tool.description or "", parameters, needs.level, limit, needs.approval))
        if chat and asking is not None:
            # These run here: AstrBot knows nothing of them.
            commands = command_tools.of_turn(self.context, asking, settings)
            served += [tool for tool in commands if tool.name not in turn.names]
        asker, admin = access.chat_asker(chat, settings)
        # Last, so that nothing else can end it: it is listed as under way from here on.
        turn.approvals = self.approvals.of_turn(Origin.of("model", asking, level, session, turn.cancel))
        turn.start(
            lambda: self.engine.ask(
                text,
                session=session,
                level=level,
                asker=asker,
                admin=admin,
                instructions="\n\n".join(part for part in asked.system if part),
                attachments=files,
                tools=served,
                context=context,
                files=bool(chat) and asking is not None,
            )
        )
        return turn

    async def _send_files(self, turn: AgentTurn, chat: str) -> list[str]:
        """Sends what the agent has made to the chat of the message that is answered; lines about what was not sent."""
        asking = access.asking_in(chat)
        return await self.files.send(turn.files, chat, asking.send) if turn.files and asking is not None else []

    def _someone_waits(self) -> bool:
        try:
            return self.engine.status().queued > 0
        except Fault:
            return False

    def loop_ended(self, chat: str) -> None:
        """Ends the waiting turns of a chat whose agent loop has ended."""
        self._pending.end_chat(chat)

    async def terminate(self) -> None:
        """Ends the turns that are waiting for tools."""
        self._pending.end()


async def _context(asking: Any, quoted: str, settings: Settings) -> TurnContext | None:
    """Who is talking. `quoted`: the quoted message as AstrBot writes it, after its author's name."""
    if not quoted:
        return await turn_context.of_event(asking, settings)
    sender = turn_context.quote_sender(asking)
    quote = Quote(sender=sender, text=quoted.removeprefix(f"({sender}): "))
    return await turn_context.of_event(asking, settings, quoted=quote)


def _tools(func_tool: Any) -> list[Any]:
    """AstrBot's tools, passed as a set or a list. OpenClaw does not delegate to itself."""
    found = func_tool if isinstance(func_tool, (list, tuple)) else getattr(func_tool, "tools", None)
    return [tool for tool in found or [] if getattr(tool, "name", None) not in delegation_tools.NAMES]


def loop_ended(chat: str) -> None:
    """Tells every instance that the agent loop of a chat has ended."""
    for provider in list(_providers):
        provider.loop_ended(chat)


async def register_provider(
    context: Any,
    engine: Engine,
    settings: Settings,
    conversations: Conversations,
    audit: Audit,
    approvals: Approvals,
    files: OutgoingFiles,
) -> None:
    """Registers the adapter, loads the models that are configured with it, and replaces the
    instances of the plugin's last life.

    AstrBot refuses a type that is registered already, it goes on using the instances of a class whose
    plugin has been reloaded, and it has skipped models whose type it did not know when it started.
    """
    OpenClawProvider.engine = engine
    OpenClawProvider.settings = settings
    OpenClawProvider.conversations = conversations
    OpenClawProvider.audit = audit
    OpenClawProvider.approvals = approvals
    OpenClawProvider.files = files
    OpenClawProvider.context = context
    manager = OpenClawProvider.manager = context.provider_manager
    provider_cls_map.pop(TYPE, None)
    provider_registry[:] = [entry for entry in provider_registry if entry.type != TYPE]
    register_provider_adapter(
        TYPE,
        "OpenClaw（astrbot_plugin_openclaw）：地址与令牌在插件配置中设置",
        default_config_tmpl={
            "id": TYPE,
            "provider": TYPE,
            "type": TYPE,
            "provider_type": "chat_completion",
            "enable": True,
            "key": [],
            "model": "openclaw",
            "model_config": {"model": "openclaw"},
        },
        provider_display_name="OpenClaw",
    )(OpenClawProvider)
    for config in list(manager.providers_config):
        try:
            # Settings shared by several models are in their source.
            merged = (
                manager.get_merged_provider_config(config) if hasattr(manager, "get_merged_provider_config") else config
            )
            if merged.get("type") == TYPE and (merged.get("enable", True) or merged.get("id") in manager.inst_map):
                await manager.reload(config)
        except Exception:
            logger.exception(f"[{PLUGIN}] 模型 {config.get('id')} 未能重新加载")
