"""The tools of a turn: AstrBot's LLM tools and a few read-only ones of the Star."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from astr_openclaw import Tool
from astrbot.api import logger
from astrbot.core.agent.run_context import ContextWrapper
from astrbot.core.astr_agent_context import AstrAgentContext
from astrbot.core.astr_agent_tool_exec import FunctionToolExecutor
from astrbot.core.star.filter.command import CommandFilter
from astrbot.core.star.filter.command_group import CommandGroupFilter
from astrbot.core.star.star_handler import star_handlers_registry

from . import access, command_tools, computer_tools, delegation_tools, reentry
from .engine import Engine
from .settings import PLUGIN, Settings
from .texts import say
from .tool_needs import Needs, needs, reaches_far

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Prefix for AstrBot's tools. OpenClaw has its own `web_search`, `message` and others: with equal names, some
#: versions silently run theirs, others reject the whole request.
_PREFIX = "astrbot_"

NO_PARAMETERS = {"type": "object", "properties": {}}


def needs_of(context: Any, event: Any, name: str, settings: Settings, tool: Any = None) -> Needs:
    """What a tool of AstrBot needs for this sender. `event` is None if the sender is unknown, `tool` the tool
    itself, if it is at hand."""
    if reaches_far(name, tool):
        least = computer_tools.WHOLE_HOST
    elif computer_tools.is_computer_tool(name, tool):
        least = computer_tools.least_level(context, event, name)
    else:
        return needs((name,), settings)
    return needs((name,), settings, default=least, least=least)


def offered_name(name: str) -> str | None:
    """The name under which a tool of AstrBot is offered; None if OpenClaw does not accept it."""
    offered = name if name.startswith(_PREFIX) else _PREFIX + name
    return offered if _NAME.fullmatch(offered) else None


def active_tools(context: Any) -> list[Any]:
    """AstrBot's enabled tools, without those that lead back here. Since 4.2x these are proxies that check AstrBot's own
    permissions."""
    manager = context.get_llm_tool_manager()
    whole = manager.get_full_tool_set() if hasattr(manager, "get_full_tool_set") else None
    tools = whole.tools if whole is not None else manager.func_list
    return [tool for tool in tools if getattr(tool, "active", True) and tool.name not in delegation_tools.NAMES]


def of_turn(context: Any, event: Any, engine: Engine) -> list[Tool]:
    """The tools for a sender's turn: the Star's own and, if enabled, AstrBot's tools, commands and computer use."""
    settings = engine.settings
    found = {tool.name: tool for tool in own(context, engine)}
    served = command_tools.of_turn(context, event, settings)
    if settings.computer_use:
        acting = access.as_counted(event, settings)
        served += _served(context, acting, computer_tools.offered(context, acting), settings)
    if settings.tools:
        # Without its computer use, which has a setting of its own.
        plain = [tool for tool in active_tools(context) if not computer_tools.is_computer_tool(tool.name, tool)]
        served += _served(context, event, plain, settings)
    for tool in served:
        if tool.name in found:
            logger.debug(f"[{PLUGIN}] 工具 {tool.name!r} 重名，已跳过")
        else:
            found[tool.name] = tool
    return list(found.values())


def _served(context: Any, event: Any, tools: list[Any], settings: Settings) -> list[Tool]:
    """Tools of AstrBot, run in the name of the event's sender."""
    served = []
    for tool in tools:
        name = offered_name(tool.name)
        if name is None:
            logger.debug(f"[{PLUGIN}] 工具 {tool.name!r} 的名称不能用于 OpenClaw，已跳过")
            continue
        need = needs_of(context, event, tool.name, settings, tool)
        served.append(
            Tool(
                name=name,
                run=_runner(context, event, tool, need, settings),
                description=tool.description or "",
                parameters=tool.parameters or NO_PARAMETERS,
                level=need.level,
                timeout=settings.tool_timeout_seconds,
                approval=need.approval,
            )
        )
    return served


def _runner(context: Any, event: Any, tool: Any, need: Needs, settings: Settings) -> Callable[..., Any]:
    async def run(**arguments: Any) -> str:
        # AstrBot's permissions may have changed since the tool was offered, such as during an approval.
        now = needs_of(context, event, tool.name, settings, tool)
        if now.level > need.level:
            raise PermissionError(say(settings.locale, "level_rose", name=tool.name, level=now.level))
        wrapper = ContextWrapper(
            context=AstrAgentContext(context=context, event=event), tool_call_timeout=int(settings.tool_timeout_seconds)
        )
        parts: list[str] = []
        with reentry.running_tool():
            async for result in FunctionToolExecutor.execute(tool, wrapper, **arguments):
                # None: the tool has replied to the user itself.
                parts += _texts(result) if result is not None else [say(settings.locale, "tool_replied")]
        return "\n".join(parts)

    return run


def _texts(result: Any) -> list[str]:
    parts = [(getattr(part, "text", None), getattr(part, "type", "data")) for part in getattr(result, "content", [])]
    return [f"[{kind}]" if text is None else text for text, kind in parts]


def own(context: Any, engine: Engine) -> list[Tool]:
    """Read-only tools (L1 unless the settings say otherwise) that describe AstrBot and the plugin."""

    async def status() -> dict[str, Any]:
        now = engine.status()
        return {
            "breakers": {name: breaker.state for name, breaker in now.breakers.items()},
            "available_mib": now.memory.available_mib,
            "level_cap": now.memory.level_cap,
            "in_flight": now.in_flight,
            "queued": now.queued,
        }

    async def providers() -> list[dict[str, str]]:
        metas = (provider.meta() for provider in context.get_all_providers())
        return [{"id": meta.id, "type": meta.type, "model": meta.model or ""} for meta in metas]

    async def plugins() -> list[dict[str, Any]]:
        return [
            {"name": star.name, "version": star.version, "desc": star.desc, "active": star.activated}
            for star in context.get_all_stars()
        ]

    async def commands() -> list[dict[str, str]]:
        rules = ((rule, handler.desc or "") for handler in star_handlers_registry for rule in handler.event_filters)
        return [
            {"command": rule.command_name if isinstance(rule, CommandFilter) else rule.group_name, "desc": desc}
            for rule, desc in rules
            if isinstance(rule, (CommandFilter, CommandGroupFilter))
        ]

    def tool(name: str, run: Callable[[], Any], description: str) -> Tool:
        need = needs((name,), engine.settings, default="L1")
        return Tool(name, run, description, level=need.level, approval=need.approval)

    return [
        tool("astrbot_status", status, "Memory, breakers and queue of the OpenClaw plugin in AstrBot."),
        tool("astrbot_providers", providers, "The model providers that AstrBot has configured."),
        tool("astrbot_plugins", plugins, "The plugins that AstrBot has loaded."),
        tool("astrbot_commands", commands, "The chat commands that AstrBot knows."),
    ]
