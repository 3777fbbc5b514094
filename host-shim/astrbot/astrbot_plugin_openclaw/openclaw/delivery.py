"""Tells chats how their background tasks have ended. Before a message is sent it is recorded that it may have been: if
AstrBot is killed in between it is sent once more, and says so. A platform that refuses is asked again a few times."""

from __future__ import annotations

import asyncio
import contextvars
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from astrbot.api import logger
from astrbot.api.event import MessageChain

from . import access, masking, task_texts
from .outgoing_files import OutgoingFiles
from .settings import PLUGIN, Settings
from .task_store import DUE, GIVEN_UP, TOLD, UNCERTAIN, UNDELIVERED, Task, TaskStore

#: Seconds before each further try, after a refusal.
PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0)

#: Seconds before the first try after a start: the platforms are not connected yet.
SETTLING = 5.0

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
        """Sends the message, and then the files; whether the platform has taken the message."""
        text = task_texts.told(self._settings.locale, task)
        await self._put(replace(task, delivery=UNCERTAIN))
        try:
            taken = task.text_told or await self._say(task, text)
        except Exception as error:
            # Not the error's text: platforms quote what they were sent.
            logger.error(f"[{PLUGIN}] 后台任务 {task.id} 的结果无法发送到聊天：{type(error).__name__}")
            if _UNKNOWN.search(type(error).__name__):
                return False
            taken = False
        now = self._store.get(task.id)
        if not taken and now is not None and now.delivery == UNCERTAIN:
            await self._put(replace(now, delivery=task.delivery))
        if taken and task.files:
            await self._send_files(task)
        return bool(taken)

    async def _send_files(self, task: Task) -> None:
        """What the platform does not take can still be asked for."""
        now = self._store.get(task.id)
        if now is not None and not now.text_told:
            await self._put(replace(now, text_told=True))

        async def deliver(message: Any) -> Any:
            return await self._context.send_message(task.chat, message)

        lines = await self._files.send(await self._store.read_files(task), task.chat, deliver)
        with suppress(Exception):  # As above.
            if lines:
                await self._say(task, "\n".join(lines))

    async def _say(self, task: Task, text: str) -> Any:
        message = MessageChain().message(masking.for_chat(text, task.chat, self._settings))
        return await asyncio.wait_for(self._context.send_message(task.chat, message), _SENDING)

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
