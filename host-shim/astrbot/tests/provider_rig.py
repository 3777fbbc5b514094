"""A chat model as AstrBot has it, with a gateway behind it."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from chat_rig import until
from conftest import star_in
from fake_astrbot import FunctionTool, LLMResponse, ToolSet, provider_cls_map
from gateway import Gateway
from openclaw import access
from openclaw.approvals import Approvals
from openclaw.conversations import Conversations
from openclaw.engine import Engine
from openclaw.outgoing_files import OutgoingFiles
from openclaw.provider import TYPE, OpenClawProvider, register_provider
from openclaw.settings import Settings

CHAT = "fakeqq:FriendMessage:10001"
GROUP = "fakeqq:GroupMessage:555"
PNG = "data:image/png;base64,iVBORw0KGgo="

both = pytest.mark.parametrize("streaming", [False, True])


class Admin:
    """Whose message AstrBot answers."""

    def __init__(self, origin: str, parts: tuple[Any, ...] = ()) -> None:
        self.unified_msg_origin = origin
        self.parts = parts
        self.extras: dict[str, Any] = {}
        self.message_obj = types.SimpleNamespace(group=types.SimpleNamespace(group_name="the group"))
        self.sent: list[str] = []

    def get_messages(self) -> list[Any]:
        return list(self.parts)

    def get_extra(self, key: str | None = None, default: Any = None) -> Any:
        return self.extras.get(key, default) if key else self.extras

    def set_extra(self, key: str, value: Any) -> None:
        self.extras[key] = value

    def get_platform_name(self) -> str:
        return "aiocqhttp"

    def get_sender_name(self) -> str:
        return "the boss"

    async def send(self, chain: Any) -> None:
        self.sent.append(chain.get_plain_text())

    def get_platform_id(self) -> str:
        return "fakeqq"

    def get_sender_id(self) -> str:
        return "10001"

    def get_group_id(self) -> str:
        return "555" if ":GroupMessage:" in self.unified_msg_origin else ""

    def is_admin(self) -> bool:
        return True


class Audit:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, **line: Any) -> None:
        self.lines.append(line)


class Manager:
    """AstrBot 4.14.6's, as far as models go."""

    def __init__(self, *configs: dict[str, Any], sources: tuple[dict[str, Any], ...] = ()) -> None:
        self.providers_config = list(configs)
        self.sources = sources
        self.inst_map: dict[str, Any] = {}
        self.provider_insts: list[Any] = []

    def get_merged_provider_config(self, config: dict[str, Any]) -> dict[str, Any]:
        source = next((s for s in self.sources if s["id"] == config.get("provider_source_id")), {})
        return {**source, **config}

    async def load_provider(self, config: dict[str, Any]) -> None:
        config = self.get_merged_provider_config(config)
        if not config["enable"] or config["type"] not in provider_cls_map:
            return
        instance = provider_cls_map[config["type"]].cls_type(config, {})
        await instance.initialize()
        self.provider_insts.append(instance)
        self.inst_map[config["id"]] = instance

    async def terminate_provider(self, name: str) -> None:
        if name in self.inst_map:
            self.provider_insts.remove(self.inst_map[name])
            await self.inst_map[name].terminate()
            del self.inst_map[name]

    async def reload(self, config: dict[str, Any]) -> None:
        await self.terminate_provider(config["id"])
        if config["enable"]:
            await self.load_provider(config)


class Rig:
    """A provider with all that is behind it."""

    def __init__(self, gateway: Gateway, engine: Engine, folder: Path) -> None:
        self.gateway, self.engine, self.folder = gateway, engine, folder
        self.audit = Audit()
        self.asking: Admin | None = None  #: Whose message is answered, if not the default.
        self.manager = Manager({"id": TYPE, "type": TYPE, "enable": True})

    async def register(self, **settings: Any) -> None:
        read = Settings.read({**self.gateway.config, "groups": ["555"], **settings})
        context: Any = types.SimpleNamespace(provider_manager=self.manager)
        self.approvals = Approvals(self.engine, self.audit)  # type: ignore[arg-type]
        await register_provider(
            context,
            self.engine,
            read,
            Conversations(self.folder / "conversations.json"),
            self.audit,  # type: ignore[arg-type]
            self.approvals,
            OutgoingFiles(read, self.folder / "outgoing"),
        )
        self.provider: OpenClawProvider = self.manager.inst_map[TYPE]

    async def ask(self, streaming: bool, *args: Any, **request: Any) -> LLMResponse:
        """One request, as AstrBot's agent loop makes it: it leaves at the whole response."""
        access.asks(self.asking or Admin(request.get("session_id") or ""))
        if not streaming:
            return await self.provider.text_chat(*args, **request)
        stream = self.provider.text_chat_stream(*args, **request)
        async for response in stream:
            if not response.is_chunk:
                break
        # 4.29 closes it, older ones leave that to the garbage collector.
        await stream.aclose()
        return response

    async def loop(
        self, streaming: bool, messages: list[Any], run: Callable[..., Any], tools: Any = None, **request: Any
    ) -> str:
        """AstrBot's agent loop: until the model has answered. Adds to the messages, as it does."""
        while True:
            response = await self.ask(streaming, contexts=messages, func_tool=tools or TOOLS, **request)
            if not response.tools_call_name:
                messages.append({"role": "assistant", "content": response.completion_text})
                return response.completion_text
            messages.append(called(response))
            for call, arguments in zip(response.tools_call_ids, response.tools_call_args, strict=True):
                result = run(**arguments)
                messages.append(
                    {
                        "role": "tool",
                        "tool_call_id": call,
                        "content": await result if asyncio.iscoroutine(result) else result,
                    }
                )

    async def idle(self) -> None:
        """Until nothing runs. Elsewhere: there is nothing to await."""
        while self.engine.status().in_flight or self.engine.status().queued:
            await asyncio.sleep(0.01)

    def sessions(self) -> list[str]:
        """The gateway's session of each request."""
        return [request["user"] for request in self.gateway.requests]


TOOLS = ToolSet([FunctionTool("weather", "…", {"type": "object", "properties": {}})])


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def called(response: LLMResponse) -> dict[str, Any]:
    calls = [
        {"type": "function", "id": call, "function": {"name": name, "arguments": json.dumps(arguments)}}
        for call, name, arguments in zip(
            response.tools_call_ids, response.tools_call_name, response.tools_call_args, strict=True
        )
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def run(tmp_path: Path, body: Callable[[Rig], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        folder = star_in(tmp_path)
        with Gateway() as gateway:
            engine = Engine(Settings.read({**gateway.config, **settings}), folder, tmp_path / "data")
            await engine.start()
            try:
                rig = Rig(gateway, engine, tmp_path)
                await rig.register(**settings)
                await asyncio.wait_for(body(rig), 60)
            finally:
                await engine.stop()
        # However a turn has ended, the status page no longer shows it.
        await until(lambda: engine.live.all() == [])

    asyncio.run(main())
