"""Projects: separate conversations within one chat, each with a name (`@name`)."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from astr_openclaw import valid_text
from astrbot.api import logger

from . import access, atomic_file
from .sessions import Sessions
from .settings import PLUGIN
from .texts import TextError

#: Characters of a name.
MAX_NAME = 32

#: Projects of one chat (in a group: of one level), and of all chats together.
PER_CHAT = 20
IN_ALL = 4000

#: What a name may contain beside letters, marks and digits.
_PUNCTUATION = "-_."

#: A task for a project. Some platforms put U+2005 after the name of a mentioned person.
_FOR_PROJECT = re.compile(r"[@＠](\S+)(?:(?!\u2005)\s+(.*))?", re.S)

#: The projects of each chat: the number of the current session by name.
_Chats = Mapping[str, Mapping[str, str]]


class ProjectError(TextError):
    """Why a project cannot be used."""


def name_of(text: str) -> str:
    """The one form of a project's name, with or without the `@`: NFKC, without case. Raises `ProjectError`."""
    name = text.strip()
    # Twice: folding the case may decompose.
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold()
    name = name.removeprefix("@")
    good = all(unicodedata.category(char)[0] in "LMN" or char in _PUNCTUATION for char in name)
    if not (good and 0 < len(name) <= MAX_NAME and unicodedata.category(name[0])[0] in "LN"):
        raise ProjectError("project_name", name=text.strip()[: 2 * MAX_NAME], most=MAX_NAME)
    return name


def split(task: str, event: Any) -> tuple[str, str]:
    """The name as written, without the `@`, and the rest of the task; an empty name if the task is for none, or if
    its `@` mentions a person."""
    found = _FOR_PROJECT.fullmatch(task)
    if found is None or _mentions(task[1:], event):
        return "", task
    return found[1], (found[2] or "").strip()


def _mentions(text: str, event: Any) -> bool:
    """Whether the `@` before this text is a mention, as the platform tells by the message's parts. Their texts differ:
    `@nickname(id)` on QQ, `@username` on Telegram, and nicknames may contain blanks."""
    for part in event.get_messages():
        if type(part).__name__ == "AtAll":
            return True
        if type(part).__name__ == "At" and str(part.qq) != str(event.get_self_id() or ""):
            names = [str(name).casefold() for name in (getattr(part, "name", ""), part.qq) if name]
            # DingTalk does not name whom it mentions.
            if len(names) < 2 or text.casefold().startswith(tuple(names)):
                return True
    return False


def session_of(chat: str, level: str, project: str = "") -> str:
    """The name under which a conversation's session is kept. The default project's is the chat's. An origin has no
    `!` before its first colon, and a project's name has none at all, so no two are equal."""
    name = access.session_of(chat, level)
    return f"{project}!{name}" if project else name


class Projects:
    """The projects of each chat, kept across restarts. As with sessions, a group has some for each level."""

    def __init__(self, path: Path, sessions: Sessions) -> None:
        self._path = path
        self._sessions = sessions
        self._chats: _Chats = atomic_file.load(path, _parse, {}, _damaged)
        self._writing = asyncio.Lock()

    def session(self, chat: str, level: str, project: str = "") -> str:
        """The gateway's session of a conversation; an empty name is the default project. Raises `ProjectError` for an
        unknown project."""
        if not project:
            return self._sessions.current(session_of(chat, level))
        chat = valid_text(chat)
        number = self._of(chat, level).get(project)
        if number is None:
            raise ProjectError("project_unknown", name=project)
        return f"astrbot:{session_of(chat, level, project)}:{number}"

    def names(self, chat: str, levels: Iterable[str]) -> list[str]:
        """The names of a chat's projects at any of these levels."""
        return sorted({name for level in levels for name in self._of(chat, level)})

    def sessions(self, chat: str, levels: Iterable[str], project: str) -> list[str]:
        """The gateway's sessions of a project at these levels."""
        return [self.session(chat, level, project) for level in levels if project in self._of(chat, level)]

    async def make(self, chat: str, level: str, project: str) -> bool:
        """Adds a project; whether it is new. Raises `ProjectError` if there are too many."""

        def add(projects: dict[str, str]) -> bool:
            if project in projects:
                return False
            if len(projects) >= PER_CHAT:
                raise ProjectError("projects_full", most=PER_CHAT)
            if sum(map(len, self._chats.values())) >= IN_ALL:
                raise ProjectError("projects_full_in_all", most=IN_ALL)
            projects[project] = secrets.token_hex(4)
            return True

        return await self._change(chat, [level], add)

    async def reset(self, chat: str, levels: Iterable[str], project: str) -> None:
        """Starts a new session for a project. Raises `ProjectError` for an unknown one."""

        def renew(projects: dict[str, str]) -> bool:
            if project not in projects:
                return False
            projects[project] = secrets.token_hex(4)
            return True

        if not await self._change(chat, levels, renew):
            raise ProjectError("project_unknown", name=project)

    async def delete(self, chat: str, levels: Iterable[str], project: str) -> None:
        """Forgets a project; one of the same name will start anew. Raises `ProjectError` for an unknown one."""
        if not await self._change(chat, levels, lambda projects: projects.pop(project, None) is not None):
            raise ProjectError("project_unknown", name=project)

    def _of(self, chat: str, level: str) -> Mapping[str, str]:
        return self._chats.get(session_of(valid_text(chat), level), {})

    async def _change(self, chat: str, levels: Iterable[str], change: Callable[[dict[str, str]], bool]) -> bool:
        """Changes a chat's projects at these levels; whether anything has changed. If that cannot be stored, nothing
        has."""
        # Whoever waits may be cancelled: the next write must not begin before this one has ended.
        return await asyncio.shield(self._write(chat, levels, change))

    async def _write(self, chat: str, levels: Iterable[str], change: Callable[[dict[str, str]], bool]) -> bool:
        async with self._writing:
            chats = dict(self._chats)
            changed = False
            for key in {session_of(valid_text(chat), level) for level in levels}:
                projects = dict(chats.get(key, {}))
                changed |= change(projects)
                chats[key] = projects
            if changed:
                chats = {key: projects for key, projects in chats.items() if projects}
                try:
                    await asyncio.to_thread(atomic_file.write_json, self._path, chats)
                except OSError as error:
                    raise ProjectError("project_not_kept", why=error.strerror or type(error).__name__) from error
                self._chats = chats
            return changed


def _parse(chats: Any) -> _Chats:
    if not isinstance(chats, dict) or not all(isinstance(projects, dict) for projects in chats.values()):
        raise ValueError("不是项目表")
    for projects in chats.values():
        if not all(isinstance(number, str) for number in projects.values()):
            raise ValueError("不是项目表")
    return chats


def _damaged(words: str) -> _Chats:
    # A name that is used again gets a new session.
    logger.error(f"[{PLUGIN}] {words}，项目从头开始")
    return {}
