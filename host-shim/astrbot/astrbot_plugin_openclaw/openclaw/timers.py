"""Timers: tasks that start at a time. Each run is a background task of whoever set the timer, with the rights and the
level that they have then."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from astr_openclaw import Fault
from astrbot.api import logger

from . import access, atomic_file, masking, texts
from .audit import Audit, TurnLine
from .background import Background
from .kept_json import KeptJson
from .printable import printable
from .scheduler import Scheduler, logged
from .sender import Sender
from .settings import PLUGIN, Settings
from .task_job import NotKept
from .texts import TextError
from .timer_times import Schedule, shown

#: Timers of one person, and of all. Only the latter holds for admins.
PER_ASKER, IN_ALL = 20, 200

#: Characters of a task.
MOST_TEXT = 4000

#: A run that is later than this is a missed one: longer than a reload takes.
GRACE = timedelta(seconds=10)

#: Seconds that a stop waits for timers that are starting a task.
_STOPPING = 5.0


class TimerError(TextError):
    """Why a timer cannot be set or cancelled."""


@dataclass(frozen=True)
class Timer:
    """A timer."""

    id: int  #: Small and increasing.
    sender: Sender
    project: str  #: Empty for none.
    text: str = field(repr=False)
    schedule: Schedule
    next: datetime | None  #: The next run, in UTC; None after the last.
    begun: datetime | None = None  #: A run of which it is not certain yet that it has become a task.

    @property
    def asker(self) -> str:
        """Who set it, as `platform:id`."""
        return f"{self.sender.platform}:{self.sender.id}"


class Timers:
    """The timers, kept across restarts."""

    def __init__(self, context: Any, settings: Settings, background: Background, audit: Audit, path: Path) -> None:
        """`context`: AstrBot's."""
        self._context = context
        self._settings = settings
        self._background = background
        self._audit = audit
        self.scheduler = Scheduler(context)
        self._last, timers = atomic_file.load(path, _parse, _NOTHING, _damaged)
        self._timers = {timer.id: timer for timer in timers}
        self._file = KeptJson(path, self._stored)
        self._starting: asyncio.Task[None] | None = None
        self._ended = False

    def start(self) -> None:
        """Schedules all timers. Runs that were missed meanwhile are reported, not made up for."""
        if self._timers and not self.scheduler.usable:
            logger.error(f"[{PLUGIN}] {texts.say('zh', 'timer_no_scheduler')}")
        self._starting = contextvars.Context().run(asyncio.ensure_future, self._take_up())

    async def stop(self) -> None:
        """No timer starts a task any more. What has begun is waited for, so that the next life finds it stored."""
        self._ended = True
        await self.scheduler.stop(_STOPPING)
        if self._starting is not None:
            await asyncio.wait({self._starting}, timeout=_STOPPING)
            self._starting.cancel()
        with suppress(OSError):  # Whoever stored it has said so.
            await self._file.close()

    def all(self) -> list[Timer]:
        """Everybody's timers, oldest first."""
        return list(self._timers.values())

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(timezone.utc)

    async def add(self, event: Any, schedule: Schedule, run: datetime, project: str, text: str) -> Timer:
        """Sets a timer for a message's sender; durable on return. Raises `TimerError`."""
        sender, text = Sender.of(event), printable(text)
        self.check(event, text)
        self._last += 1
        timer = Timer(self._last, sender, project, text, schedule, run)
        self._timers[timer.id] = timer
        try:
            await self._file.store()
        except OSError as error:
            self._timers.pop(timer.id, None)
            raise TimerError("timer_not_kept", why=error.strerror or type(error).__name__) from error
        self._schedule(timer)
        return timer

    def check(self, event: Any, text: str) -> None:
        """Raises `TimerError` if the sender cannot set a timer with this text now."""
        text = printable(text)
        if not self.scheduler.usable:
            raise TimerError("timer_no_scheduler")
        if len(text) > MOST_TEXT:
            raise TimerError("timer_too_long", most=MOST_TEXT)
        if masking.for_chat(text, str(event.unified_msg_origin), self._settings) != text:
            raise TimerError("timer_secret")  # It would be stored.
        mine = sum(timer.asker == access.asker(event) for timer in self._timers.values())
        if mine >= PER_ASKER and not access.is_admin(event, self._settings):
            raise TimerError("timers_share_full", n=mine)
        if len(self._timers) >= IN_ALL:
            raise TimerError("timers_full", n=len(self._timers))

    async def cancel(self, number: int) -> None:
        """Forgets a timer. Raises `TimerError` if that cannot be stored; it then goes on."""
        timer = self._timers.pop(number, None)
        if timer is None:
            return
        try:
            await self._file.store()
        except OSError as error:
            self._timers[number] = timer
            raise TimerError("timer_not_kept", why=error.strerror or type(error).__name__) from error
        self.scheduler.drop(_job(number))

    async def _take_up(self) -> None:
        """What the last life has left. What each person has missed in a chat is one report."""
        missed: dict[tuple[str, str], dict[int, list[str]]] = {}
        for number in list(self._timers):
            await logged(self._take_up_one(number, missed))
        for reports in missed.values():
            await logged(self._report(reports))

    async def _take_up_one(self, number: int, missed: dict[tuple[str, str], dict[int, list[str]]]) -> None:
        timer = self._timers.get(number)
        if timer is None:
            return
        reports = missed.setdefault((timer.asker, timer.sender.chat), {})
        if timer.begun is not None:
            reports[number] = [self._say("timer_begun", id=number, when=self.shown(timer.begun))]
        if timer.next is None:
            return
        late = self.now() - timer.next
        if late > GRACE:
            reports.setdefault(number, []).append(self._missed(timer, timer.next))
            await self._begin(timer, timer.next)
        elif late >= timedelta(0):
            await self._fire(number, timer.next)
        else:
            if timer.schedule.kind in ("daily", "weekly"):
                # AstrBot's time zone may have been changed.
                timer = replace(timer, next=timer.schedule.after(timer.next, self.now(), self.scheduler.zone()))
                self._timers[number] = timer
            self._schedule(timer)

    def _missed(self, timer: Timer, run: datetime) -> str:
        """That a run was missed, and how many there were since."""
        told = self._say("timer_missed", id=timer.id, when=self.shown(run))
        count = timer.schedule.passed(run, self.now(), self.scheduler.zone())
        return told + (self._say("timer_missed_often", n=count) if count > 1 else "")

    async def _report(self, reports: dict[int, list[str]]) -> None:
        """Tells a chat what was missed, by the timers' ids."""
        timers = [timer for number in reports if (timer := self._timers.get(number)) is not None]
        if not timers:
            return
        if len(timers) == 1:
            await self._not_run(timers[0], "\n".join(reports[timers[0].id]))
        elif self._may_run(timers[0]):
            lines = [self._with_next(timer, "\n".join(reports[timer.id])) for timer in timers]
            title = self._say("timers_missed", n=len(timers))
            await self._background.not_run(timers[0].sender, title, "\n".join(lines), door="timer")
        await self._settle(*reports)

    def _schedule(self, timer: Timer) -> None:
        if timer.next is not None and not self._ended and self.scheduler.usable:
            work = functools.partial(self._fire, timer.id, timer.next)
            self.scheduler.at(_job(timer.id), timer.next, work)

    async def _fire(self, number: int, run: datetime) -> None:
        """A run is due, or was missed."""
        timer, now = self._timers.get(number), self.now()
        if self._ended or timer is None or timer.next != run:
            return
        problem = await self._begin(timer, run)
        timer = self._timers.get(number)
        if timer is None:
            return  # It was cancelled meanwhile.
        if problem:
            await self._not_run(timer, self._say("timer_not_run", id=number, why=problem))
        elif now - run > GRACE:
            await self._not_run(timer, self._missed(timer, run))
        else:
            await self._run(timer)
        await self._settle(number)

    async def _begin(self, timer: Timer, run: datetime) -> str:
        """Durable before anything starts: whatever happens then, this run is never started again. Returns why that
        could not be stored."""
        after = timer.schedule.after(run, max(run, self.now()), self.scheduler.zone())
        timer = self._timers[timer.id] = replace(timer, next=after, begun=run)
        self._schedule(timer)
        try:
            await self._file.store()
        except OSError as error:
            logger.error(f"[{PLUGIN}] 定时任务 {timer.id} 无法保存：{error}")
            return error.strerror or type(error).__name__
        return ""

    async def _run(self, timer: Timer) -> None:
        """Starts the background task, or tells the chat why not."""
        if not self._may_run(timer):
            return
        try:
            event = timer.sender.event(self._context, timer.text)
            await self._background.start(event, timer.text, project=timer.project, door="timer")
            return
        except Fault as fault:
            why = texts.fault_text(self._settings.locale, fault, with_partial=False)
        except TextError as error:
            why = error.told(self._settings.locale, self._settings.prefix[0])
        except NotKept as error:
            why = error.text(self._settings.locale)
        except Exception as error:
            logger.exception(f"[{PLUGIN}] 定时任务出错")
            why = self._say("internal", kind=type(error).__name__)
        await self._not_run(timer, self._say("timer_not_run", id=timer.id, why=why))

    async def _not_run(self, timer: Timer, why: str) -> None:
        """Lets the chat know, as of a task that has failed: that is told again until it arrives."""
        if not self._may_run(timer):
            return
        why = self._with_next(timer, why)
        await self._background.not_run(timer.sender, timer.text, why, project=timer.project, door="timer")

    def _may_run(self, timer: Timer) -> bool:
        """Whether who set it may still ask. If not, nothing is answered, as with messages of such people; the right may
        come back."""
        if access.may_ask(timer.sender.now(self._context), self._settings):
            return True
        TurnLine(self._audit, door="timer", who=timer.asker, session=timer.sender.chat, level="L0").ended("denied")
        return False

    def _with_next(self, timer: Timer, why: str) -> str:
        return why if timer.next is None else f"{why}\n{self._say('timer_next', when=self.shown(timer.next))}"

    async def _settle(self, *numbers: int) -> None:
        """Their runs are tasks now, or their chat will be told."""
        for number in numbers:
            timer = self._timers.get(number)
            if timer is not None and timer.next is not None:
                self._timers[number] = replace(timer, begun=None)
            else:
                self._timers.pop(number, None)
        try:
            await self._file.store()
        except OSError as error:
            logger.error(f"[{PLUGIN}] 定时任务无法保存：{error}")

    def shown(self, moment: datetime) -> str:
        """A moment for people."""
        zone = self.scheduler.zone()
        weekday = self._say("timer_weekdays").split()[moment.astimezone(zone).weekday()]
        return f"{shown(moment, zone)} {weekday}"

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, **values)

    def _stored(self) -> dict[str, Any]:
        timers = [
            {
                "id": timer.id,
                "sender": timer.sender.stored(),
                "project": timer.project,
                "text": timer.text,
                "schedule": timer.schedule.stored(),
                "next": timer.next and timer.next.timestamp(),
                "begun": timer.begun and timer.begun.timestamp(),
            }
            for timer in self._timers.values()
        ]
        return {"last": self._last, "timers": timers}


#: No id was given yet, and there are no timers.
_NOTHING: tuple[int, list[Timer]] = (0, [])


def _job(number: int) -> str:
    return f"timer:{number}"


def _parse(stored: Any) -> tuple[int, list[Timer]]:
    last, timers = stored["last"], [_timer(entry) for entry in stored["timers"]]
    if type(last) is not int or any(timer.id > last for timer in timers):
        raise ValueError("不是定时任务表")
    return last, timers


def _timer(stored: Any) -> Timer:
    number, project, text = stored["id"], stored["project"], stored["text"]
    if type(number) is not int or number < 1 or not isinstance(project, str) or not isinstance(text, str):
        raise ValueError("不是定时任务")
    schedule, sender = Schedule.read(stored["schedule"]), Sender.read(stored["sender"])
    return Timer(number, sender, project, text, schedule, _moment(stored["next"]), _moment(stored["begun"]))


def _moment(stored: Any) -> datetime | None:
    if stored is None:
        return None
    try:
        return datetime.fromtimestamp(stored, timezone.utc)
    except (OverflowError, OSError) as error:
        raise ValueError("不是时间") from error


def _damaged(words: str) -> tuple[int, list[Timer]]:
    logger.error(f"[{PLUGIN}] {words}，定时任务全部丢失")
    return _NOTHING
