"""AstrBot's commands as tools: one for each command that the settings allow."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from astr_openclaw import Tool
from astrbot.api import logger
from astrbot.core.star.filter.command import CommandFilter
from astrbot.core.star.filter.command_group import CommandGroupFilter

from . import reentry
from .command_run import CommandError, handlers_for, names_it, run_command
from .printable import printable
from .settings import PLUGIN, Settings
from .texts import say
from .tool_needs import needs

_PREFIX = "astrbot_cmd_"
_LONGEST = 64

#: Names that stand for themselves. One that ends like a hash does not: another's name could become it.
_PLAIN = re.compile(r"(?!(.*_)?[0-9a-f]{8}$)[a-z0-9_-]+")

#: Characters of a description.
_MOST = 1000

#: Characters of the arguments.
_MOST_ARGUMENTS = 8000

_PARAMETERS = {
    "type": "object",
    "properties": {
        "arguments": {
            "type": "string",
            "description": "What a user would write after the command, separated by spaces; empty for none.",
        }
    },
    "additionalProperties": False,
}


#: What has been logged in this life of the plugin: a reload loads this module again.
_told: set[str] = set()


@dataclass(frozen=True)
class Command:
    """A command that the settings allow."""

    words: str  #: As a user types it, without the slash.
    description: str


def words_of(entry: str) -> str:
    """An entry of the settings as AstrBot compares it: without the slash, words separated by one space."""
    return " ".join(entry.strip().lstrip("/").split())


def tool_name(words: str) -> str:
    """The name of a command's tool: stable, different for each command, and one that OpenClaw accepts."""
    if _PLAIN.fullmatch(words) and len(words) <= _LONGEST - len(_PREFIX):
        return _PREFIX + words
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(r"[^a-z0-9-]+", "_", words.lower()).strip("_")[: _LONGEST - len(_PREFIX) - 9]
    return _PREFIX + (f"{readable}_{digest}" if readable else digest)


def shown_name(name: str, settings: Settings) -> str:
    """A tool's name for people: with the command, if it is one."""
    for words in map(words_of, settings.astrbot_commands):
        if words and tool_name(words) == name:
            return f"{name} (/{printable(words)})"
    return name


def allowed(context: Any, event: Any | None, settings: Settings) -> tuple[list[Command], list[str]]:
    """The commands that the settings allow and AstrBot has, and a line for each entry that names none.
    `event`: whose message it is; None for everything that AstrBot has loaded."""
    handlers = handlers_for(context, event) if settings.astrbot_commands else []
    commands: list[Command] = []
    problems: list[str] = []
    for words in dict.fromkeys(words for entry in settings.astrbot_commands if (words := words_of(entry))):
        chosen = [handler for handler in handlers if names_it(handler, words)]
        if settings.task_of(words) is not None:
            problems.append(say(settings.locale, "command_own", command=words))
        elif chosen:
            commands.append(Command(words, _description(words, chosen)))
        elif inner := _inner(handlers, words):
            problems.append(say(settings.locale, "command_group", command=words, commands="、".join(inner[:20])))
        else:
            problems.append(say(settings.locale, "command_missing", command=words))
    return commands, problems


def _description(words: str, handlers: list[Any]) -> str:
    lines = [f"Runs AstrBot's chat command “/{words}” as the person who asked."]
    for handler in handlers:
        if handler.desc:
            lines.append(printable(str(handler.desc)).strip())
        for rule in handler.event_filters:
            if isinstance(rule, CommandFilter) and (parameters := rule.print_types()):
                lines.append(f"Arguments: {printable(parameters)}")
    return "\n".join(lines)[:_MOST]


def _inner(handlers: list[Any], words: str) -> list[str]:
    """The commands of a group with this name."""
    rules = [rule for handler in handlers for rule in handler.event_filters]
    groups = (rule for rule in rules if isinstance(rule, CommandGroupFilter))
    if not any(words in group.get_complete_command_names() for group in groups):
        return []
    names = (name for rule in rules if isinstance(rule, CommandFilter) for name in rule.get_complete_command_names())
    return sorted({name for name in names if name.startswith(f"{words} ")}) or ["-"]


def problems(context: Any, settings: Settings) -> list[str]:
    """A line for each entry of the settings that names no command."""
    return allowed(context, None, settings)[1]


def of_turn(context: Any, event: Any, settings: Settings) -> list[Tool]:
    """The commands as tools for a sender's turn. What is wrong with an entry is logged once. A message that a
    command has sent gets none: it could run itself for ever."""
    if not settings.astrbot_commands or reentry.is_marked(event):
        return []
    commands, wrong = allowed(context, event, settings)
    for problem in wrong:
        if problem not in _told:
            _told.add(problem)
            logger.warning(f"[{PLUGIN}] {problem}")
    return [_tool(context, event, command, settings) for command in commands]


def _tool(context: Any, event: Any, command: Command, settings: Settings) -> Tool:
    async def run(arguments: str = "") -> str:
        if not isinstance(arguments, str) or len(arguments) > _MOST_ARGUMENTS:
            raise CommandError(say(settings.locale, "command_arguments", most=_MOST_ARGUMENTS))
        return await run_command(context, event, command.words, arguments, settings)

    name = tool_name(command.words)
    need = needs((name, f"/{command.words}"), settings)
    return Tool(
        name=name,
        run=run,
        description=command.description,
        parameters=_PARAMETERS,
        level=need.level,
        timeout=settings.tool_timeout_seconds,
        approval=need.approval,
    )
