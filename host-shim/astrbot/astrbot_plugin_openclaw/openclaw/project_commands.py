"""The chat commands of projects and of conversation mode."""

from __future__ import annotations

import re
from typing import Any

from . import access, attachments, projects, texts
from .approvals import Approvals
from .command import Command, first
from .conversation_mode import ConversationMode
from .projects import ProjectError, Projects
from .settings import Settings

_NAME = r"\s+([@＠]\S+)"
_LIST = re.compile(r"(?:项目|projects?)()", re.I)
_NEW = re.compile(rf"(?:项目|projects?)\s+(?:新建|new|create){_NAME}", re.I)
_DELETE = re.compile(rf"(?:项目|projects?)\s+(?:删除|delete|remove){_NAME}", re.I)
_RESET = re.compile(rf"(?:会话重置|reset){_NAME}", re.I)
_ENTER = re.compile(rf"(?:进入|enter)(?:{_NAME})?", re.I)
_LEAVE = re.compile(r"(?:退出|leave|exit)()", re.I)


class ProjectCommands:
    """`项目 …`, `会话重置 @名称`, `进入` and `退出`. Each command returns what to answer."""

    def __init__(self, kept: Projects, mode: ConversationMode, approvals: Approvals, settings: Settings) -> None:
        self._projects = kept
        self._mode = mode
        self._approvals = approvals
        self._settings = settings

    def find(self, text: str) -> Command | None:
        """The command that this is, if it is one of these."""
        commands = (
            ("projects", _LIST, self.show),
            ("project_new", _NEW, self.new),
            ("project_delete", _DELETE, self.delete),
            ("reset", _RESET, self.reset),
            ("enter", _ENTER, self.enter),
            ("leave", _LEAVE, self.leave),
        )
        return first(text, commands)

    def of_task(self, event: Any, task: str) -> tuple[str, str, bool]:
        """The project that a task is for, empty for none; the task itself; and whether the project is still to be
        made, once it is certain that the task is taken. A name alone makes none. Raises `ProjectError`."""
        written, rest = projects.split(task, event)
        if not written:
            return "", task, False
        name = projects.name_of(written)
        something = rest or attachments.any_in(event.get_messages())
        return name, rest, bool(something) and self._is_new(event, name)

    def announced(self, project: str, answer: str) -> str:
        """The answer, after a line about a project that is new; empty for none."""
        return f"{self._say('project_made', name=project)}\n{answer}" if project else answer

    def _is_new(self, event: Any, name: str) -> bool:
        """Whether the project is to be made. In a private chat a project is made by using it. In a group it is not:
        there an `@` may be meant for a person, and not every platform tells. Raises `ProjectError`."""
        if name in self._projects.names(event.unified_msg_origin, [access.level_of(event, self._settings)]):
            return False
        if not access.is_private(event.unified_msg_origin):
            raise ProjectError("project_unknown_here", name=name)
        return True

    async def make(self, event: Any, name: str) -> bool:
        """Adds a project; whether it is new. Raises `ProjectError` if there are too many."""
        return await self._projects.make(event.unified_msg_origin, access.level_of(event, self._settings), name)

    async def show(self, event: Any, _: str) -> str:
        """The projects of this chat."""
        names = self._projects.names(event.unified_msg_origin, self._levels(event))
        if not names:
            return self._say("projects_none")
        listed = texts.say(self._settings.locale, "and").join(f"@{name}" for name in names)
        return self._say("projects", n=len(names), names=listed)

    async def new(self, event: Any, written: str) -> str:
        """Adds a project."""
        name = projects.name_of(written)
        return self._say("project_made" if await self.make(event, name) else "project_exists", name=name)

    async def delete(self, event: Any, written: str) -> str:
        """Forgets a project."""
        name = projects.name_of(written)
        old = self._projects.sessions(event.unified_msg_origin, self._levels(event), name)
        await self._projects.delete(event.unified_msg_origin, self._levels(event), name)
        self._approvals.cancel(access.asker(event), old)
        return self._say("project_deleted", name=name)

    async def reset(self, event: Any, written: str) -> str:
        """Starts a project's conversation anew."""
        name = projects.name_of(written)
        old = self._projects.sessions(event.unified_msg_origin, self._levels(event), name)
        await self._projects.reset(event.unified_msg_origin, self._levels(event), name)
        # What waits for an approval belongs to the old session.
        self._approvals.cancel(access.asker(event), old)
        return self._say("project_reset", name=name)

    async def enter(self, event: Any, written: str) -> str:
        """Switches conversation mode on for the sender in this chat."""
        if not self._settings.conversation_mode:
            return self._say("conversation_off")
        name, rest = projects.split(written, event)
        project = projects.name_of(name) if name else ""
        if rest:  # A mention.
            raise ProjectError("project_name", name=written, most=projects.MAX_NAME)
        if project and self._is_new(event, project):
            await self.make(event, project)
        try:
            await self._mode.enter(event, project)
        except OSError as error:
            raise ProjectError("project_not_kept", why=error.strerror or type(error).__name__) from error
        where = self._say("conversation_project", name=project) if project else ""
        return self._say("conversation_on", where=where, minutes=self._settings.conversation_minutes)

    async def leave(self, event: Any, _: str) -> str:
        """Switches it off."""
        return self._say("conversation_left" if await self._mode.leave(event) else "conversation_not_on")

    def _levels(self, event: Any) -> list[str]:
        """Admins see and reset the users' projects too."""
        levels = {access.level_of(event, self._settings)}
        if access.is_admin(event, self._settings):
            levels.add(self._settings.user_level)
        return sorted(levels)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, p=self._settings.prefix[0], **values)
