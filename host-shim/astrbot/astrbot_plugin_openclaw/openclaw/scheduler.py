"""AstrBot's own scheduler (APScheduler's, behind its scheduled jobs), for jobs that live as long as the plugin."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from astrbot.api import logger

from .settings import PLUGIN

#: Hours ahead of UTC, all year: for machines without data about time zones, such as Windows without the package tzdata.
_WITHOUT_DATA = {
    "Asia/Shanghai": 8, "Asia/Chongqing": 8, "Asia/Urumqi": 6, "Asia/Hong_Kong": 8, "Asia/Macau": 8, "Asia/Taipei": 8,
    "Asia/Singapore": 8, "Asia/Kuala_Lumpur": 8, "Asia/Tokyo": 9, "Asia/Seoul": 9, "UTC": 0, "Etc/UTC": 0,
}  # fmt: skip


class Scheduler:
    """Runs jobs at moments. They are not stored: AstrBot's own store keeps what a killed process leaves behind."""

    def __init__(self, context: Any) -> None:
        """`context`: AstrBot's."""
        self._context = context
        self._running: set[asyncio.Task[None]] = set()
        self._jobs: set[str] = set()
        self._unknown_zone = ""  # Already logged.

    @property
    def usable(self) -> bool:
        """Whether this AstrBot has one. While AstrBot starts, it does not run yet."""
        return hasattr(self._astrbots, "add_job")

    def zone(self) -> tzinfo:
        """The time zone that is set in AstrBot, or else the machine's."""
        name = ""
        with suppress(Exception):  # An unknown name, or no data about it, raises one of many.
            name = self._context.get_config().get("timezone") or ""
            return ZoneInfo(name)
        if isinstance(name, str) and name in _WITHOUT_DATA:
            return timezone(timedelta(hours=_WITHOUT_DATA[name]), name)
        machines = getattr(self._astrbots, "timezone", None) or timezone.utc
        if name and name != self._unknown_zone:
            self._unknown_zone = name
            logger.warning(
                f"[{PLUGIN}] 时区 {name!r} 未知，定时任务按 {machines} 计时：请检查 AstrBot 的时区设置；"
                "若名称无误，则本机缺少时区数据，请在 AstrBot 的 Python 环境中执行 pip install tzdata，然后重启 AstrBot"
            )
        return machines

    def at(self, name: str, moment: datetime, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` at a moment, at once if it has passed. A job of the same name is replaced."""
        from apscheduler.triggers.date import DateTrigger

        async def run() -> None:
            self._jobs.discard(name)
            # In no message's context: a job has that of whoever scheduled the one before.
            task = contextvars.Context().run(asyncio.ensure_future, logged(work()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

        # However late: the timer itself decides what it missed.
        self._astrbots.add_job(
            run, DateTrigger(moment), id=self._id(name), replace_existing=True, misfire_grace_time=None
        )
        self._jobs.add(name)

    def drop(self, name: str) -> None:
        """Forgets a job. One that has run, or that there never was, does not matter."""
        if name in self._jobs:
            self._jobs.discard(name)
            with suppress(Exception):  # APScheduler's JobLookupError.
                self._astrbots.remove_job(self._id(name))

    async def stop(self, seconds: float) -> None:
        """Forgets all jobs, and waits so long for those that have begun."""
        for name in list(self._jobs):
            self.drop(name)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    @property
    def _astrbots(self) -> Any:
        return getattr(getattr(self._context, "cron_manager", None), "scheduler", None)

    def _id(self, name: str) -> str:
        return f"{PLUGIN}:{name}"


async def logged(work: Awaitable[None]) -> None:
    """What fails is logged: nobody waits for it, and one timer must not end all others."""
    try:
        await work
    except Exception:
        logger.exception(f"[{PLUGIN}] 定时任务出错")
