"""Tells chats how their background tasks have ended. Before a message is sent it is recorded that it may have been: if
AstrBot is killed in between it is sent once more, and says so. A platform that refuses is asked again a few times."""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from astrbot.api import logger
from astrbot.api.event import MessageChain

from . import access, masking, task_texts
from .outgoing_files import OutgoingFiles
from .push import push
from .settings import PLUGIN, Settings
from .task_store import DUE, GIVEN_UP, TOLD, UNCERTAIN, UNDELIVERED, Task, TaskStore
from .texts import say

#: Seconds before each further try, after a refusal.
PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0)

#: Seconds before the first try after a start: the platforms are not connected yet.
SETTLING = 5.0

#: Seconds that AstrBot's model has for telling a result that it was given.
ELSEWHERE = 60.0

#: Seconds between two messages: platforms throttle faster senders.
PAUSE = 1.0

#: Seconds for sending one message, and those that a stop waits for it.
_SENDING, _STOPPING = 30.0, 3.0

#: Errors after which nobody knows whether the message has arrived, by their names: each platform has its own.
_UNKNOWN = re.compile("timeout|network|connection", re.I)


class Delivery:
    """Sends the ends of tasks to their chats."""

    def __init__(self, context: Any, settings: Settings, store: TaskStore, files: OutgoingFiles) -> None:
        """`context`: AstrBot's."""
        self._context = context
        self._settings = settings
        self._store = store
        self._files = files
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._stopped = asyncio.Event()

    def resume(self) -> None:
        """Goes on with what the last life has not told."""
        for task in self._store.all():
            if not task.live and task.delivery in (DUE, UNCERTAIN):
                self.begin(task.id, after=SETTLING)

    def begin(self, number: int, *, after: float = 0.0) -> None:
        """Tells how a task has ended, in so many seconds."""
        if number not in self._sending and not self._stopped.is_set():
            task = contextvars.Context().run(asyncio.create_task, self._deliver(number, after))
            self._sending[number] = task
            task.add_done_callback(lambda _: self._sending.pop(number, None))

    def told_elsewhere(self, number: int) -> None:
        """Somebody else has the result, and tells it within a minute: until then it counts as uncertain."""
        if number not in self._sending and not self._stopped.is_set():
            task = contextvars.Context().run(asyncio.create_task, self._settle(number))
            self._sending[number] = task
            task.add_done_callback(lambda _: self._sending.pop(number, None))

    async def _settle(self, number: int) -> None:
        task = self._store.get(number)
        if task is not None and task.delivery == DUE:
            await self._put(replace(task, delivery=UNCERTAIN))
            if await self._pause(ELSEWHERE):
                await self.shown(number)

    async def shown(self, number: int) -> None:
        """The asker has seen it: nothing is sent any more."""
        task = self._store.get(number)
        if task is not None and not task.live:
            await self._put(replace(task, state=task.end, delivery=TOLD))

    async def stop(self) -> None:
        """Ends sending. What is being sent has a moment; if that is too short, it counts as uncertain."""
        self._stopped.set()
        if self._sending:
            sending = set(self._sending.values())
            await asyncio.wait(sending, timeout=_STOPPING)
            for task in sending:
                task.cancel()
            await asyncio.wait(sending)

    async def _deliver(self, number: int, after: float) -> None:
        try:
            while await self._pause(after):
                task = self._store.get(number)
                if task is None or task.delivery not in (DUE, UNCERTAIN):
                    return
                if not access.may_ask(task.sender.now(self._context), self._settings):
                    await self._put(replace(task, delivery=GIVEN_UP))
                    return
                if await self._sent(task):
                    await self.shown(number)
                    return
                task = self._store.get(number) or task
                if task.delivery not in (DUE, UNCERTAIN):
                    return  # Shown on request meanwhile.
                left = task.tries < len(PAUSES)
                after = PAUSES[task.tries] if left else 0.0
                delivery = task.delivery if left else GIVEN_UP
                await self._put(replace(task, state=UNDELIVERED, delivery=delivery, tries=task.tries + 1))
        except Exception:
            logger.exception(f"[{PLUGIN}] 后台任务 {number} 的结果未能送出")

    async def _sent(self, task: Task) -> bool:
        """Sends the messages that have not arrived yet, and then the files; whether the platform has taken them."""
        parts = task_texts.told(self._settings.locale, task)
        for at in range(task.told, len(parts)):
            again = task.delivery == UNCERTAIN and at == task.told
            part = "\n".join([self._again(), parts[at]]) if again else parts[at]
            await self._put(replace(self._store.get(task.id) or task, delivery=UNCERTAIN))
            taken = await self._taken(task, part)
            now = self._store.get(task.id)
            if now is None or now.delivery != UNCERTAIN:
                return True  # Shown on request meanwhile, or dropped.
            if taken is False:
                # It has certainly not arrived, unless an earlier try has.
                await self._put(replace(now, delivery=UNCERTAIN if again else DUE))
            if not taken:
                return False
            await self._put(replace(now, told=at + 1, delivery=UNCERTAIN if task.files else DUE))
            await asyncio.sleep(PAUSE if at + 1 < len(parts) else 0.0)
        if task.files:
            lines = await self._files.send(await self._store.read_files(task), task.chat, self._deliver_to(task))
            if lines:
                await self._taken(task, "\n".join(lines))
        return True

    async def _taken(self, task: Task, text: str) -> bool | None:
        """Sends a message; whether the platform has taken it. None: nobody knows."""
        message = MessageChain().message(masking.for_chat(text, task.chat, self._settings))
        try:
            return bool(await asyncio.wait_for(self._deliver_to(task)(message), _SENDING))
        except Exception as error:
            # Not the error's text: platforms quote what they were sent.
            logger.error(f"[{PLUGIN}] 后台任务 {task.id} 的结果无法发送到聊天：{type(error).__name__}")
            return None if _UNKNOWN.search(type(error).__name__) else False

    def _deliver_to(self, task: Task) -> Callable[[Any], Awaitable[bool]]:
        return lambda message: push(self._context, task.chat, message)

    def _again(self) -> str:
        return say(self._settings.locale, "task_again")

    async def _pause(self, seconds: float) -> bool:
        """Sleeps; false if everything ends."""
        if seconds:
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), seconds)
        return not self._stopped.is_set()

    async def _put(self, task: Task) -> None:
        try:
            await self._store.put(task)
        except OSError as error:
            logger.error(f"[{PLUGIN}] 后台任务 {task.id} 无法保存：{error}")
