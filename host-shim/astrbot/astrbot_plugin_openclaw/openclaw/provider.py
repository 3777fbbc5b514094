"""OpenClaw as a chat model in AstrBot: the same plugin instance, so the guards hold here too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from astrbot.api import logger
from astrbot.api.event import MessageChain
from astrbot.core.provider import Provider
from astrbot.core.provider.entities import LLMResponse
from astrbot.core.provider.register import (
    provider_cls_map,
    provider_registry,
    register_provider_adapter,
)
from astr_openclaw import Delta, Fault, Reply

from . import attachments, masking, texts, tools
from .audit import Audit
from .conversation import Conversation, images_of, text_of, tool_results
from .engine import Engine
from .sessions import TALK, Sessions
from .settings import PLUGIN, Settings

#: The adapter's type in AstrBot's provider config.
TYPE = "openclaw"

#: Of an earlier talk that the gateway does not know, the last messages are told it.
_HISTORY = 20


class OpenClawProvider(Provider):
    """The adapter. `engine` and the rest are set by `register_provider`."""

    engine: Engine
    settings: Settings
    sessions: Sessions
    audit: Audit

    def __init__(self, provider_config: dict, provider_settings: dict, *_: Any) -> None:
        super().__init__(provider_config, provider_settings)
        self.set_model(str(provider_config.get("model") or "openclaw"))
        # By AstrBot's conversation: the turn that waits for tool results.
        self._open: dict[str, Conversation] = {}

    def get_current_key(self) -> str:
        """The token is the plugin's own setting; AstrBot has no key for this model."""
        return ""

    def get_keys(self) -> list[str]:
        """As `get_current_key`."""
        return [""]

    def set_key(self, key: str) -> None:
        """Nothing to set."""

    async def get_models(self) -> list[str]:
        """One: which model answers is the gateway's to say."""
        return ["openclaw"]

    async def test(self, timeout: float = 45.0) -> None:
        """AstrBot's test button: the diagnosis, which costs no model call."""
        diagnosis = await asyncio.wait_for(self.engine.diagnose(), timeout)
        for check in diagnosis.checks:
            if not check.ok:
                raise RuntimeError(f"{check.name} [{check.code}] {check.detail}")

    async def text_chat(self, prompt: str | None = None, session_id: str | None = None, **rest: Any) -> LLMResponse:
        """One answer, or the tool calls that AstrBot is to run first."""
        last: LLMResponse | None = None
        async for response in self.text_chat_stream(prompt, session_id, **rest):
            if not response.is_chunk:
                last = response
        if last is None:  # The stream ends with a whole response or raises.
            raise RuntimeError("OpenClaw: no result")
        return last

    async def text_chat_stream(
        self, prompt: str | None = None, session_id: str | None = None, **rest: Any
    ) -> AsyncGenerator[LLMResponse, None]:
        """Deltas, then one whole response: the answer or tool calls."""
        started = time.monotonic()
        settings = self.settings
        messages = _messages(rest.get("contexts"), rest.get("tool_calls_result"))
        chat = str(session_id or "default")
        key = f"{chat}#{rest.get('conversation_id') or ''}"
        talk = self._resumed(key, messages)
        session = self.sessions.current(key + TALK)
        # Unless it gets further: AstrBot may leave at any point.
        outcome, code = "fault", "cancelled"
        # In a group a secret may be spread over two pieces; it is masked in the whole.
        whole = settings.mask_secrets and ":GroupMessage:" in chat
        clean = masking.mask_secrets if whole else masking.mask_tokens
        mask = masking.TokenStream(settings.secrets())
        shown = False
        try:
            if talk is None:
                asked = _split(prompt, messages, rest)
                session = self._session(key + TALK, asked)
                talk = await self._begin(session, asked, rest)
            async for piece in talk.pieces():
                if isinstance(piece, Delta):
                    text = "" if whole else mask.feed(piece.text)
                    if text:
                        shown = True
                        yield _chunk(text)
                elif isinstance(piece, Reply):
                    outcome, code = "completed", None
                    text = clean(piece.text, settings.secrets()) or texts.say(settings.locale, "no_text")
                    # Where AstrBot streams it shows the chunks and nothing else.
                    if tail := mask.rest() if shown else text:
                        yield _chunk(tail)
                    yield LLMResponse(
                        "assistant", result_chain=MessageChain().message(text), **_usage(piece)
                    )
                else:
                    outcome, code = "tools", None
                    self._open[key] = talk
                    if tail := mask.rest():
                        yield _chunk(tail)
                    response = LLMResponse("tool")
                    response.tools_call_args = [call.arguments for call in piece]
                    response.tools_call_name = [talk.names[call.name] for call in piece]
                    response.tools_call_ids = [call.id for call in piece]
                    yield response
        except Fault as fault:
            outcome, code = "fault", fault.code
            self.engine.remember(fault)
            if shown and (tail := mask.rest()):
                yield _chunk(tail)
            text = texts.fault_text(settings.locale, fault, with_partial=not shown)
            # Raised, AstrBot shows a stack of its own and may ask again; a turn is not repeatable.
            yield LLMResponse("err", completion_text=clean(text, settings.secrets()))
        except attachments.NotAttachable as error:
            outcome, code = "refused", None
            yield LLMResponse("err", completion_text=error.text(settings.locale))
        finally:
            self.audit.write(
                door="model", who=chat, session=session, level=self.settings.chat_level,
                outcome=outcome, code=code, seconds=time.monotonic() - started,
            )

    def _resumed(self, key: str, messages: list[dict[str, Any]]) -> Conversation | None:
        """The turn that waited for these tool results; one that waited for others is ended."""
        for name in [name for name, talk in self._open.items() if talk.ended]:
            if name != key:
                del self._open[name]
        talk = self._open.pop(key, None)
        if talk is None:
            return None
        results = tool_results(messages)
        # Also if the tools took too long: then the turn has gone on without them.
        if results and (talk.resume(results) or talk.ended or not talk.waiting):
            return talk
        talk.cancel()
        return None

    def _session(self, name: str, asked: tuple[str, list[str], list[str], list[str]]) -> str:
        """The gateway's session of a conversation. AstrBot keeps the talk too: where it has none,
        the conversation is new or was reset, and so is ours; where it has one that the gateway
        cannot know (it was another model's), the gateway is told it."""
        _, _, history, system = asked
        if history and self.sessions.was_reset(name):
            return self.sessions.current(name)
        if history:
            system.append("Earlier in this conversation:\n" + "\n".join(history[-_HISTORY:]))
        try:
            return self.sessions.reset(name)
        except OSError as error:
            logger.error(f"[{PLUGIN}] 会话无法保存：{error}")
            return self.sessions.current(name)

    async def _begin(
        self, session: str, asked: tuple[str, list[str], list[str], list[str]], rest: dict[str, Any]
    ) -> Conversation:
        self.engine.running()  # Raises what is wrong before anything is downloaded.
        text, images, _, system = asked
        if rest.get("system_prompt"):
            system.insert(0, str(rest["system_prompt"]))
        files = await attachments.of_urls(images)
        talk = Conversation(rest.get("abort_signal"))
        offered = []
        for tool in getattr(rest.get("func_tool"), "tools", None) or []:
            name = tools.offered_name(tool.name)
            if name is not None and name not in talk.names:
                # AstrBot knows it by its own name.
                talk.names[name] = tool.name
                offered.append(
                    talk.tool(
                        name,
                        tool.description or "",
                        tool.parameters or tools.NO_PARAMETERS,
                        tools.level_of_tool(tool.name, self.settings),
                        self.settings.tool_timeout,
                    )
                )
        talk.start(
            lambda: self.engine.ask(
                text, session=session, level=self.settings.chat_level,
                instructions="\n\n".join(system), attachments=files, tools=offered,
            )
        )
        return talk

    async def terminate(self) -> None:
        """Ends the turns that wait for tools."""
        for talk in self._open.values():
            talk.cancel()
        self._open.clear()


def _chunk(text: str) -> LLMResponse:
    return LLMResponse("assistant", result_chain=MessageChain().message(text), is_chunk=True)


def _messages(contexts: Any, tool_calls: Any) -> list[dict[str, Any]]:
    """AstrBot's messages as dicts, with the tool results that older versions pass apart."""
    messages = [m if isinstance(m, dict) else m.model_dump() for m in contexts or []]
    for result in tool_calls if isinstance(tool_calls, list) else [tool_calls] if tool_calls else []:
        messages += result.to_openai_messages()
    return messages


def _split(
    prompt: str | None, messages: list[dict[str, Any]], rest: dict[str, Any]
) -> tuple[str, list[str], list[str], list[str]]:
    """The text asked, its images, what was said before it, and the system's instructions."""
    system = [text_of(m.get("content")) for m in messages if m.get("role") == "system"]
    talk = [m for m in messages if m.get("role") in ("user", "assistant")]
    images = list(rest.get("image_urls") or [])
    if prompt is None and talk and talk[-1]["role"] == "user":
        asked = talk.pop()
        prompt = text_of(asked.get("content"))
        images += images_of(asked.get("content"))
    extra = [str(getattr(part, "text", "")) for part in rest.get("extra_user_content_parts") or []]
    text = "\n".join(part for part in [prompt or "", *extra] if part)
    history = [f"{m['role']}: {text_of(m.get('content'))}" for m in talk if text_of(m.get("content"))]
    return text, images, history, [part for part in system if part]


def _usage(reply: Reply) -> dict[str, Any]:
    """The tokens in AstrBot's shape, where this version of it has one."""
    if reply.usage is None:
        return {}
    try:
        from astrbot.core.provider.entities import TokenUsage
    except ImportError:
        return {}
    return {"usage": TokenUsage(input_other=reply.usage.input_tokens, output=reply.usage.output_tokens)}


async def register_provider(context: Any, engine: Engine, settings: Settings, sessions: Sessions, audit: Audit) -> None:
    """Registers the adapter, and replaces the instances of the plugin's last life.

    AstrBot refuses a type that is registered already, and it goes on using the instances of a
    class whose plugin has been reloaded.
    """
    OpenClawProvider.engine = engine
    OpenClawProvider.settings = settings
    OpenClawProvider.sessions = sessions
    OpenClawProvider.audit = audit
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
    manager = context.provider_manager
    for config in list(manager.providers_config):
        if config.get("type") == TYPE and config.get("id") in manager.inst_map:
            try:
                await manager.reload(config)
            except Exception:
                logger.exception(f"[{PLUGIN}] 模型 {config.get('id')} 未能重新加载")
