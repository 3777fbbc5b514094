"""Commands of a plugin, and how they are run for a turn."""

from __future__ import annotations

import types
from typing import Any

import fake_commands
from fake_commands import CommandFilter, Event, Handler
from openclaw.command_run import run_command
from openclaw.settings import Settings

#: That of tests/canary, which looks for it in what the tests leave.
TOKEN = "oc-Vq3xZ8mTn5Jd-Lw6pR2kYh9sJ4"
CONFIG: dict[str, Any] = {}
CONTEXT = types.SimpleNamespace(get_config=lambda umo: CONFIG)


class Image:
    """Something for the chat."""


def settings(*commands: str, **more: Any) -> Settings:
    read = Settings.read({"gateway_bearer_token": TOKEN, "astrbot_commands": list(commands), **more})
    assert read.problems == []
    return read


def command(name: str, handler: Any, *rules: Any, **more: Any) -> CommandFilter:
    """A plugin brings a command."""
    rule = CommandFilter(name, more.pop("alias", ()), more.pop("parents", ("",)))
    fake_commands.registry.handlers.append(Handler(handler, [*rules, rule], **more))
    return rule


async def weather(event: Event, **_: Any) -> Any:
    yield event.plain_result(f"晴：{event.message_str}")


async def run(words: str = "天气", arguments: str = "", event: Event | None = None, **more: Any) -> str:
    return await run_command(CONTEXT, event or Event(), words, arguments, settings(words, **more))
