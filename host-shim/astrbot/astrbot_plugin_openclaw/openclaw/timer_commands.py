"""The chat commands of timers."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from . import access, attachments, texts
from .command import Command
from .project_commands import ProjectCommands
from .settings import Settings
from .timer_times import Schedule, parse
from .timers import Timer, TimerError, Timers

_TIMER = re.compile(r"(?:定时任务|定时|timers?)(?:\s+(.*))?", re.I | re.S)
_CANCEL = re.compile(r"(?:取消|删除|cancel|delete)\s*#?(\d{1,9})", re.I)
_CANCEL_TIMER = re.compile(r"(?:取消|删除|cancel|delete)\s*(?:定时任务|定时|timer)\s*#?(\d{1,9})", re.I)

#: Characters of a task that a list shows.
_TITLE = 40


class TimerCommands:
    """`定时 …`. Each command returns what to answer."""

    def __init__(self, timers: Timers, projects: ProjectCommands, settings: Settings) -> None:
        self._timers = timers
        self._projects = projects
        self._settings = settings

    def find(self, text: str) -> Command | None:
        """The command that this is, if it is one of these."""
        if found := _CANCEL_TIMER.fullmatch(unicodedata.normalize("NFKC", text)):
            return "timer", self.cancel, found[1]
        if (timer := _TIMER.fullmatch(text)) is None:
            return None
        argument = (timer[1] or "").strip()
        if not argument:
            return "timer", self.show, ""
        if found := _CANCEL.fullmatch(unicodedata.normalize("NFKC", argument)):
            return "timer", self.cancel, found[1]
        return "timer", self.set, argument

    async def set(self, event: Any, argument: str) -> str:
        """Sets a timer: its time, then its task. Raises `TextError`."""
        zone = self._timers.scheduler.zone()
        schedule, run, task = parse(argument, self._timers.now(), zone)
        if attachments.any_in(event.get_messages()):
            raise TimerError("timer_no_files")
        project, task, new = self._projects.of_task(event, task)
        if not task:
            raise TimerError("timer_no_task")
        self._timers.check(event, task)
        if new:
            await self._projects.make(event, project)
        timer = await self._timers.add(event, schedule, run, project, task)
        told = self._say("timer_set", line=self._line(timer), id=timer.id, zone=zone)
        return self._projects.announced(project if new else "", told)

    async def show(self, event: Any, _: str) -> str:
        """The sender's timers of this chat; in private all of theirs, and to admins everybody's."""
        timers = [timer for timer in self._timers.all() if self._may_see(event, timer)]
        if not timers:
            return self._say("timers_none")
        lines = [
            self._line(timer) + ("" if timer.asker == access.asker(event) else f"（{timer.asker}）") for timer in timers
        ]
        return "\n".join([self._say("timers", zone=self._timers.scheduler.zone()), *lines])

    async def cancel(self, event: Any, number: str) -> str:
        """Cancels a timer. Raises `TimerError`."""
        timer = next((each for each in self._timers.all() if each.id == int(number)), None)
        if timer is None or not self._may_see(event, timer):
            raise TimerError("timer_unknown", id=number)
        await self._timers.cancel(timer.id)
        return self._say("timer_cancelled", id=timer.id)

    def _may_see(self, event: Any, timer: Timer) -> bool:
        """As with tasks; in a group, admins also see the others' timers of that group, to cancel them."""
        mine, admin = access.asker(event) == timer.asker, access.is_admin(event, self._settings)
        if access.is_private(event.unified_msg_origin):
            return mine or admin
        return (mine or admin) and timer.sender.chat == str(event.unified_msg_origin)

    def _line(self, timer: Timer) -> str:
        title = " ".join(timer.text.split())
        title = title if len(title) <= _TITLE else title[:_TITLE] + "…"
        how = self._how(timer.schedule)
        when = self._say("timer_last") if timer.next is None else self._timers.shown(timer.next)
        project = f"@{timer.project} " if timer.project else ""
        return self._say("timer_line", id=timer.id, when=f"{how}{when}", task=project + title)

    def _how(self, schedule: Schedule) -> str:
        """How a timer goes on; empty for one that runs once."""
        clock = f"{schedule.minute // 60:02}:{schedule.minute % 60:02}"
        if schedule.kind == "daily":
            return self._say("timer_daily", clock=clock)
        if schedule.kind == "weekly":
            return self._say("timer_weekly", weekday=self._say("timer_weekdays").split()[schedule.weekday], clock=clock)
        if schedule.kind == "every":
            return self._say("timer_every", minutes=schedule.seconds // 60)
        return ""

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, p=self._settings.prefix[0], **values)
