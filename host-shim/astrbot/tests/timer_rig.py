"""Timers over one folder, in one life of AstrBot after the other."""

from __future__ import annotations

import asyncio
import contextvars
import json
import types
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chat_rig import Event
from openclaw.audit import Audit
from openclaw.sender import Sender
from openclaw.settings import Settings
from openclaw.texts import TextError
from openclaw.timer_commands import TimerCommands
from openclaw.timers import Timers

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A Friday.
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=SHANGHAI).astimezone(timezone.utc)

#: What a test sets around a message.
WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("where")


class Jobs:
    """AstrBot's scheduler, as far as it is used."""

    timezone = timezone.utc

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Any, datetime]] = {}

    def add_job(self, work: Any, trigger: Any, *, id: str, **more: Any) -> None:  # noqa: A002 Its own name for it.
        assert more == {"replace_existing": True, "misfire_grace_time": None}
        self.jobs[id] = (work, trigger.run_date)

    def remove_job(self, name: str) -> None:
        if name not in self.jobs:
            raise LookupError(name)
        del self.jobs[name]


class Background:
    """Takes the tasks."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, str]] = []
        self.told: list[str] = []
        self.refuses: Exception | None = None
        self.seen: list[str] = []

    async def start(self, event: Any, text: str, *, project: str, door: str) -> None:
        assert door == "timer"
        self.seen.append(contextvars.copy_context().get(WHERE, "nowhere"))
        if self.refuses is not None:
            raise self.refuses
        self.started.append((event.of, text, project))

    async def not_run(self, sender: Sender, text: str, why: str, *, project: str = "", door: str) -> None:
        self.told.append(why)


class Rig:
    """One life of AstrBot after the other, over one folder."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.now = NOON
        self.config: dict[str, Any] = {"users": ["1", "2"], "groups": ["*"], **config}
        self.astrbot: dict[str, Any] = {"timezone": "Asia/Shanghai", "admins_id": ["9"]}
        self.background = Background()
        self.begin()

    def begin(self, scheduler: Any = None) -> None:
        self.jobs = scheduler or Jobs()
        manager = types.SimpleNamespace(scheduler=self.jobs if scheduler != "none" else None)
        self.context = types.SimpleNamespace(cron_manager=manager, get_config=lambda umo=None: self.astrbot)
        settings = Settings.read(self.config)
        audit = Audit(self.folder / "audit.jsonl", 1 << 20, 1)
        self.timers = Timers(self.context, settings, self.background, audit, self.folder / "timers.json")
        self.timers.now = lambda: self.now
        self.commands = TimerCommands(self.timers, self, settings)

    def of_task(self, event: Any, task: str) -> tuple[str, str, bool]:
        """As `ProjectCommands`."""
        return ("博客", task[3:].strip(), False) if task.startswith("@博客") else ("", task, False)

    def announced(self, project: str, answer: str) -> str:
        """As `ProjectCommands`."""
        assert project == ""
        return answer

    async def taken_up(self) -> None:
        self.timers.start()
        await self.timers._starting

    async def say(self, text: str, sender: str = "1", **more: Any) -> str:
        event = Event(sender, text, **more)
        _, run, argument = self.commands.find(text)
        try:
            return await run(event, argument)
        except TextError as error:
            return error.told("zh", "助手")

    async def pass_time(self, moment: datetime) -> None:
        """The clock goes on; the scheduler runs what is due."""
        while due := sorted((when, name) for name, (_, when) in self.jobs.jobs.items() if when <= moment):
            self.now, name = due[0]
            await self.run(name)
        self.now = moment

    async def run(self, name: str) -> None:
        work, _ = self.jobs.jobs.pop(name)
        await work()
        await asyncio.gather(*self.timers.scheduler._running)

    def stored(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "timers.json").read_text("utf-8"))["timers"]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    def event(sender: Sender, _context: Any, _text: str) -> Any:
        return types.SimpleNamespace(of=sender.id)

    monkeypatch.setattr(Sender, "event", event)
    return Rig(tmp_path)
