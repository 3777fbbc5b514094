"""Stand-ins for the parts of AstrBot that the chat model meets. What meets AstrBot itself is tested
in a real one: tests/astrbot/scenario.py."""

from __future__ import annotations

import base64
import enum
import logging
import sys
import types
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import fake_commands
import fake_events
from fake_commands import MessageChain


class LLMResponse:
    """As AstrBot's: the text is that of the chain, if there is one."""

    def __init__(
        self, role: str, completion_text: str = "", result_chain: Any = None, is_chunk: bool = False, usage: Any = None
    ) -> None:
        self.role, self.result_chain, self.is_chunk, self.usage = role, result_chain, is_chunk, usage
        self._text = completion_text
        self.tools_call_args: list[Any] = []
        self.tools_call_name: list[str] = []
        self.tools_call_ids: list[str] = []

    @property
    def completion_text(self) -> str:
        return self.result_chain.get_plain_text() if self.result_chain else self._text


class Provider:
    def __init__(self, provider_config: dict, provider_settings: dict) -> None:
        self.provider_config, self.provider_settings = provider_config, provider_settings

    def set_model(self, model: str) -> None:
        self.model = model


class Image:
    """The images that were asked for; each is one byte."""

    def __init__(self, file: str = "") -> None:
        self.file = file

    fromURL = fromFileSystem = classmethod(lambda cls, name: cls(name))

    @classmethod
    def fromBytes(cls, data: bytes) -> Image:
        return cls("base64://" + base64.b64encode(data).decode())

    async def convert_to_base64(self) -> str:
        if "missing" in self.file:
            raise FileNotFoundError(self.file)
        return "AA=="


class File:
    """A file on the disk."""

    def __init__(self, name: str = "", file: str = "", url: str = "") -> None:
        self.name, self.file_, self.url = name, file, url

    async def to_dict(self) -> dict[str, Any]:
        return {"type": "file", "data": {"name": self.name, "file": self.file_}}


@dataclass
class FunctionTool:
    name: str
    description: str = "…"
    parameters: Any = None


@dataclass
class ToolSet:
    tools: list[FunctionTool] = field(default_factory=list)


@dataclass
class Message:
    """As AstrBot's, which are of pydantic."""

    role: str
    content: Any = None
    tool_calls: Any = None
    tool_call_id: str | None = None

    def model_dump(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None or key == "content"}


provider_registry: list[Any] = []
provider_cls_map: dict[str, Any] = {}


def register_provider_adapter(name: str, desc: str, **_: Any) -> Any:
    def decorator(cls: type) -> type:
        if name in provider_cls_map:
            raise ValueError(f"{name} is registered already")
        provider_cls_map[name] = types.SimpleNamespace(type=name, cls_type=cls)
        provider_registry.append(provider_cls_map[name])
        return cls

    return decorator


@dataclass
class DateTrigger:
    """APScheduler's."""

    run_date: datetime


def install() -> None:
    """Puts them where AstrBot's would be."""
    nothing = type("Nothing", (), {})
    modules: dict[str, dict[str, Any]] = {
        "apscheduler": {},
        "apscheduler.triggers": {},
        "apscheduler.triggers.date": {"DateTrigger": DateTrigger},
        "astrbot": {},
        "astrbot.api": {"logger": logging.getLogger("astrbot")},
        "astrbot.api.event": {"MessageChain": MessageChain},
        "astrbot.api.message_components": {
            "Plain": fake_commands.Plain,
            "Image": Image,
            "File": File,
            "Video": nothing,
            "Record": nothing,
            "Reply": type("Reply", (), {}),
        },
        "astrbot.core": {},
        "astrbot.core.agent": {},
        "astrbot.core.agent.run_context": {"ContextWrapper": nothing},
        "astrbot.core.astr_agent_context": {"AstrAgentContext": nothing},
        "astrbot.core.astr_agent_tool_exec": {"FunctionToolExecutor": nothing},
        "astrbot.core.cron": {},
        "astrbot.core.cron.events": {"CronMessageEvent": fake_events.CronMessageEvent},
        "astrbot.core.platform": {},
        "astrbot.core.platform.astrbot_message": {"MessageMember": fake_events.MessageMember},
        "astrbot.core.platform.message_session": {"MessageSession": fake_events.MessageSession},
        "astrbot.core.platform.platform_metadata": {"PlatformMetadata": fake_events.PlatformMetadata},
        "astrbot.core.provider": {"Provider": Provider},
        "astrbot.core.provider.entities": {"LLMResponse": LLMResponse},
        "astrbot.core.provider.register": {
            "provider_cls_map": provider_cls_map,
            "provider_registry": provider_registry,
            "register_provider_adapter": register_provider_adapter,
        },
        "astrbot.core.star": {},
        "astrbot.core.star.filter": {},
        "astrbot.core.star.filter.command": {"CommandFilter": fake_commands.CommandFilter},
        "astrbot.core.star.filter.command_group": {"CommandGroupFilter": fake_commands.CommandGroupFilter},
        "astrbot.core.star.filter.permission": {"PermissionTypeFilter": fake_commands.PermissionTypeFilter},
        "astrbot.core.star.session_plugin_manager": {"SessionPluginManager": fake_commands.SessionPluginManager},
        "astrbot.core.star.star_handler": {
            "EventType": enum.Enum("EventType", "AdapterMessageEvent"),
            "star_handlers_registry": fake_commands.registry,
        },
        "astrbot.core.pipeline": {},
        "astrbot.core.pipeline.context_utils": {"call_handler": fake_commands.call_handler},
    }
    for name, contents in modules.items():
        module = sys.modules.setdefault(name, types.ModuleType(name))
        for key, value in contents.items():
            if not hasattr(module, key):
                setattr(module, key, value)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
