"""Stand-ins for the parts of AstrBot that run commands: handlers, their filters, and events. The filters do what
AstrBot's do. What meets AstrBot itself is tested in a real one: tests/astrbot."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

STAR = "data.plugins.astrbot_plugin_weather.main"


class Plain:
    def __init__(self, text: str) -> None:
        self.text = text


class At:
    """Only decorates a text."""


class MessageChain:
    def __init__(self, chain: list[Any] | None = None) -> None:
        self.chain = chain or []

    def message(self, text: str) -> MessageChain:
        self.chain.append(Plain(text))
        return self

    def get_plain_text(self) -> str:
        return " ".join(part.text for part in self.chain if isinstance(part, Plain))


class MessageEventResult(MessageChain):
    stopped = False
    async_stream: Any = None

    def is_stopped(self) -> bool:
        return self.stopped


class ProviderRequest:
    prompt = "…"


class CommandFilter:
    def __init__(self, command_name: str, alias: tuple[str, ...] = (), parents: tuple[str, ...] = ("",)) -> None:
        self.command_name, self.alias, self.parents = command_name, alias, parents
        self.required: list[str] = []

    def get_complete_command_names(self) -> list[str]:
        names = [self.command_name, *self.alias]
        return [f"{parent} {name}".strip() for name in names for parent in self.parents]

    def print_types(self) -> str:
        return ",".join(f"{name}(str)" for name in self.required)

    def filter(self, event: Any, _cfg: Any) -> bool:
        text = re.sub(r"\s+", " ", event.message_str.strip())
        name = next((n for n in self.get_complete_command_names() if text == n or text.startswith(f"{n} ")), None)
        if not event.is_at_or_wake_command or name is None:
            return False
        words = text[len(name) :].split()
        if len(words) < len(self.required):
            raise ValueError(f"必要参数缺失。该指令完整参数: {self.print_types()}")
        event.set_extra("parsed_params", dict(zip(self.required, words, strict=False)))
        return True


class CommandGroupFilter:
    def __init__(self, group_name: str) -> None:
        self.group_name = group_name

    def get_complete_command_names(self) -> list[str]:
        return [self.group_name]

    def filter(self, event: Any, _cfg: Any) -> bool:
        return event.message_str.startswith(self.group_name)


class PermissionTypeFilter:
    def __init__(self, raise_error: bool = True) -> None:
        self.raise_error = raise_error

    def filter(self, event: Any, _cfg: Any) -> bool:
        return event.is_admin()


class OtherFilter:
    """A plugin's own filter."""

    def __init__(self, matches: bool) -> None:
        self.matches = matches

    def filter(self, _event: Any, _cfg: Any) -> bool:
        return self.matches


@dataclass
class Handler:
    handler: Any
    event_filters: list[Any]
    desc: str = ""
    handler_module_path: str = STAR
    plugin: str = "weather"


@dataclass
class Registry:
    handlers: list[Handler] = field(default_factory=list)

    def get_handlers_by_event_type(self, _kind: Any, plugins_name: list[str] | None = None) -> list[Handler]:
        return [each for each in self.handlers if plugins_name is None or each.plugin in plugins_name]

    def __iter__(self) -> Any:
        return iter(self.handlers)


registry = Registry()


class SessionPluginManager:
    disabled: tuple[str, ...] = ()

    @classmethod
    async def filter_handlers_by_session(cls, _event: Any, handlers: list[Handler]) -> list[Handler]:
        return [each for each in handlers if each.plugin not in cls.disabled]


async def call_handler(event: Any, handler: Any, *args: Any, **kwargs: Any) -> Any:
    """As AstrBot's."""
    ready = handler(event, *args, **kwargs)
    if inspect.isasyncgen(ready):
        async for returned in ready:
            if isinstance(returned, MessageEventResult):
                event.set_result(returned)
                yield
            else:
                yield returned
    else:
        returned = await ready
        if isinstance(returned, MessageEventResult):
            event.set_result(returned)
            yield
        else:
            yield returned


@dataclass
class Member:
    user_id: str


@dataclass
class Group:
    group_id: str


@dataclass
class MessageObject:
    message: list[Any]
    message_str: str
    sender: Member = field(default_factory=lambda: Member("10001"))
    group: Group | None = None


@dataclass
class Session:
    session_id: str


class Event:
    """A message as AstrBot's platforms make it, as far as commands meet it. `chat` is what was sent to it."""

    def __init__(self, text: str = "/助手 do it", *, admin: bool = False, parts: tuple[Any, ...] = ()) -> None:
        self.message_str = text
        self.message_obj = MessageObject([Plain(text), *parts], text)
        self.session = Session("10001")
        self.unified_msg_origin = "fakeqq:FriendMessage:10001"
        self.role = "admin" if admin else "member"
        self.is_wake = self.is_at_or_wake_command = False
        self.plugins_name: list[str] | None = None
        self._extras: dict[str, Any] = {"activated_handlers": ["ours"], "kept": 1}
        self._result: Any = None
        self._force_stopped = self._has_send_oper = False
        self.chat: list[str] = []

    def get_messages(self) -> list[Any]:
        return self.message_obj.message

    def get_message_str(self) -> str:
        return self.message_str

    def get_extra(self, key: str | None = None, default: Any = None) -> Any:
        return self._extras if key is None else self._extras.get(key, default)

    def set_extra(self, key: str, value: Any) -> None:
        self._extras[key] = value

    def get_platform_id(self) -> str:
        return "fakeqq"

    def get_sender_id(self) -> str:
        return self.message_obj.sender.user_id

    def get_group_id(self) -> str:
        return self.message_obj.group.group_id if self.message_obj.group else ""

    def is_admin(self) -> bool:
        return self.role == "admin"

    def plain_result(self, text: str) -> MessageEventResult:
        return MessageEventResult().message(text)  # type: ignore[return-value]

    def set_result(self, result: Any) -> None:
        self._result = result

    def get_result(self) -> Any:
        return self._result

    def clear_result(self) -> None:
        self._result = None

    def stop_event(self) -> None:
        self._force_stopped = True

    def is_stopped(self) -> bool:
        return self._force_stopped or (self._result is not None and self._result.is_stopped())

    async def send(self, chain: Any) -> None:
        self._has_send_oper = True
        self.chat += [getattr(part, "text", f"<{type(part).__name__}>") for part in chain.chain]

    async def send_streaming(self, pieces: Any, use_fallback: bool = False) -> None:
        async for piece in pieces:
            await self.send(piece)
