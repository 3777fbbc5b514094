"""The chat commands of background tasks."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from . import access, attachments, task_texts, texts
from .background import Background
from .command import Command, first
from .project_commands import ProjectCommands
from .settings import Settings
from .task_job import NotKept
from .task_store import Task

_START = re.compile(r"(?:后台|background)(?:\s+(.*))?", re.I | re.S)
_SHOW = re.compile(r"(?:任务|tasks?)\s*#?(\d{1,9})?", re.I)
_CANCEL = re.compile(r"(?:取消|cancel)\s*#?(\d{1,9})", re.I)
_ALL = re.compile(r"(?:全部任务|所有任务|all-tasks)()", re.I)


class TaskCommands:
    """`后台`, `任务`, `取消 编号` and `全部任务`. Each command returns what to answer."""

    def __init__(self, background: Background, projects: ProjectCommands, settings: Settings) -> None:
        self._background = background
        self._projects = projects
        self._settings = settings

    def find(self, text: str) -> Command | None:
        """The command that this is, if it is one of these."""
        if found := _START.fullmatch(text):
            return "background", self.start, (found[1] or "").strip()
        commands = (("tasks", _SHOW, self.show), ("cancel", _CANCEL, self.cancel), ("tasks", _ALL, self.show_all))
        # Full-width digits too.
        return first(unicodedata.normalize("NFKC", text), commands)

    async def start(self, event: Any, text: str) -> str:
        """Starts a task. Raises `Fault` and `ProjectError`."""
        project, text, new = self._projects.of_task(event, text)
        if not text and not attachments.any_in(event.get_messages()):
            return self._say("task_usage")
        try:
            task = await self._background.start(event, text, project=project, new_project=new)
        except (attachments.NotAttachable, NotKept) as error:
            return error.text(self._settings.locale)
        return self._projects.announced(project if new else "", self._say("task_taken", id=task.id))

    async def show(self, event: Any, number: str) -> str:
        """One task, or without a number the sender's list."""
        if not number:
            tasks = self._background.seen_by(event)
            return task_texts.listed(self._settings.locale, self._settings.prefix[0], tasks)
        task = self._visible(event, number)
        if task is None:
            return self._say("task_unknown", id=number)
        lines = [task_texts.shown(self._settings.locale, task, self._background.output(task.id))]
        if access.asker(event) == task.asker:
            # Nobody else gets the files, not even an admin.
            lines += await self._background.send_files(task, event)
            await self._background.shown(task)
        return "\n".join(lines)

    async def cancel(self, event: Any, number: str) -> str:
        """Cancels one task."""
        task = self._visible(event, number)
        if task is None:
            return self._say("task_unknown", id=number)
        # Whoever reads the answer to this need not be told again.
        here = access.asker(event) == task.asker and str(event.unified_msg_origin) == task.chat
        cancelled = await self._background.cancel(task.id, tell=not here)
        return self._say("task_cancelling" if cancelled else "task_ended", id=task.id)

    async def show_all(self, event: Any, _: str) -> str:
        """Everybody's tasks, for admins."""
        if not access.is_admin(event, self._settings):
            return self._say("admins_only")
        if not access.is_private(event.unified_msg_origin):
            return self._say("tasks_private")
        tasks = self._background.all()
        return task_texts.listed(self._settings.locale, self._settings.prefix[0], tasks, askers=True)

    def going_on(self, event: Any) -> str:
        """A line about the sender's live tasks, which `取消` alone does not end; may be empty."""
        ids = [str(task.id) for task in self._background.of_asker(access.asker(event)) if task.live]
        return self._say("tasks_go_on", ids=texts.say(self._settings.locale, "and").join(ids)) if ids else ""

    def _visible(self, event: Any, number: str) -> Task | None:
        """The task, if it may be shown here. In private, admins may see everybody's."""
        task = self._background.get(int(number))
        private = access.is_private(event.unified_msg_origin)
        whole = private and access.is_admin(event, self._settings)
        return task if whole or task in self._background.seen_by(event) else None

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, p=self._settings.prefix[0], **values)
