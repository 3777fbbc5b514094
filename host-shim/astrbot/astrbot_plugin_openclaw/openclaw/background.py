"""Background tasks: turns that no message waits for. The engine gets one at a time, so that all others have certainly
not been sent. A result is on the disk before `delivery` sends it to the chat."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from astr_openclaw import MAX_ATTACHMENT_BYTES, Fault, File
from astrbot.api import logger

from . import access, attachments, masking, reentry, texts, turn_request
from .approvals import Approvals
from .audit import Audit, TurnLine
from .delivery import Delivery
from .engine import Engine
from .outgoing_files import OutgoingFiles
from .projects import ProjectError, Projects
from .sender import Sender
from .settings import PLUGIN
from .task_job import Job, Live, NotKept
from .task_store import (
    CANCELLED,
    DONE,
    DUE,
    FAILED,
    INTERRUPTED,
    NOBODY,
    RESULT_BYTES,
    RUNNING,
    TEXT_BYTES,
    WAITING,
    Task,
    TaskStore,
    cut,
)

#: Tasks that wait or run, of one person and in all. Only the latter holds for admins.
LIVE_PER_ASKER, LIVE_IN_ALL = 5, 50

#: Faults of turns that were certainly not sent. Their tasks wait again: so many seconds at least and at most between two
#: tries, and so many in all.
_UNSENT = ("busy", "circuit_open")
_AGAIN, _LONGEST, _PATIENCE = 2.0, 60.0, 86_400.0

#: Seconds that a stop waits for the running task to end.
_STOPPING = 5.0


class Background:
    """The background tasks."""

    def __init__(
        self,
        context: Any,
        engine: Engine,
        projects: Projects,
        audit: Audit,
        approvals: Approvals,
        files: OutgoingFiles,
        folder: Path,
    ) -> None:
        """`context`: AstrBot's; `folder`: where the tasks are kept."""
        self._context = context
        self._engine = engine
        self._settings = engine.settings
        self._projects = projects
        self._audit = audit
        self._approvals = approvals
        self._store = TaskStore(folder, lambda words: logger.error(f"[{PLUGIN}] {words}，该后台任务丢失"))
        self._files = files
        self._delivery = Delivery(context, engine.settings, self._store, files)
        self._jobs: dict[int, Job] = {}
        self._waited_for: dict[int, asyncio.Future[None]] = {}  # By those who tell the result themselves.
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def load(self) -> None:
        """Takes up the last life's tasks: what ran is interrupted, what waited goes on waiting if it can."""
        await self._store.load()
        for task in self._store.all():
            if task.state == RUNNING:
                await self._kept(task, INTERRUPTED, self._say("task_interrupted"))
            elif task.state == WAITING and not task.resumable:
                await self._kept(task, INTERRUPTED, self._say("task_not_resumed"))
        self._delivery.resume()
        # Whoever loads the plugin may do so in a message's context, which must not become that of all tasks.
        self._worker = contextvars.Context().run(asyncio.create_task, self._work())

    async def stop(self) -> None:
        """Interrupts the running task. What waits stays, for the next life."""
        self._stopped.set()
        for job in self._jobs.values():
            if job.turn is not None:
                job.turn.cancel()
        if self._worker is not None:
            self._wake.set()
            await asyncio.wait({self._worker}, timeout=_STOPPING)
            self._worker.cancel()
            await asyncio.wait({self._worker})
        await self._delivery.stop()
        await self._store.close()

    @property
    def _stopping(self) -> bool:
        return self._stopped.is_set()

    async def start(
        self, event: Any, text: str, *, project: str = "", new_project: bool = False, door: str = "chat"
    ) -> Task:
        """A new task of a message's sender, durable on return. `new_project`: whether its project is to be made; `door`:
        see `Task`. Raises `Fault` if none is taken now, `ProjectError` for an unknown project or if there are too many,
        `NotAttachable` and `NotKept`."""
        engine, settings = self._engine, self._settings
        if reentry.inside_turn(event):
            raise engine.fault("busy", "inside_command")
        engine.running()
        asker, chat, admin = access.asker(event), str(event.unified_msg_origin), access.is_admin(event, settings)
        level = access.level_of(event, settings)
        if not new_project:
            self._projects.session(chat, level, project)
        self._admit(asker, admin, 0)
        files = await attachments.of_message(event.get_messages(), engine)
        size = sum(len(file.data) for file in files)
        if new_project and not self._stopping:
            self._admit(asker, admin, size)
            await self._projects.make(chat, level, project)
        if self._stopping:  # Meanwhile: the next life may have begun.
            raise engine.fault("cancelled", "stopped")
        self._admit(asker, admin, size)
        kept = cut(masking.for_chat(text, chat, settings), TEXT_BYTES, self._say("task_cut"))
        task = Task(
            id=self._store.new_id(),
            state=WAITING,
            chat=chat,
            asker=asker,
            project=project,
            level=level,
            text=kept,
            sender=Sender.of(event),
            door=door,
            created=time.time(),
            resumable=kept == text and not files,
        )
        self._jobs[task.id] = Job(text, event, files)
        try:
            await self._store.put(task)
        except OSError as error:
            del self._jobs[task.id]
            await self._store.drop(task.id)
            raise NotKept(error.strerror or type(error).__name__) from None
        self._wake.set()
        return task

    async def not_run(self, sender: Sender, text: str, why: str, *, project: str = "", door: str = "timer") -> Task:
        """Records a task that could not be run. Its chat gets the reason, as for a failed task."""
        now = sender.now(self._context)
        task = Task(
            id=self._store.new_id(),
            state=WAITING,
            chat=sender.chat,
            asker=access.asker(now),
            project=project,
            level=access.level_of(now, self._settings),
            text=cut(masking.for_chat(text, sender.chat, self._settings), TEXT_BYTES, self._say("task_cut")),
            sender=sender,
            door=door,
            created=time.time(),
        )
        await self._end(task, FAILED, why)
        return task

    def _admit(self, asker: str, admin: bool, size: int) -> None:
        """Raises `Fault` if too many tasks, or bytes of attachments, are waiting."""
        live = [task for task in self._store.all() if task.live]
        mine = sum(task.asker == asker for task in live)
        if not admin and mine >= LIVE_PER_ASKER:
            raise self._engine.fault("busy", "tasks_share_full", n=mine)
        if len(live) >= LIVE_IN_ALL:
            raise self._engine.fault("busy", "tasks_full", n=len(live))
        held = sum(len(file.data) for job in self._jobs.values() for file in job.attachments)
        if size and held + size > MAX_ATTACHMENT_BYTES:
            raise self._engine.fault("busy", "tasks_attachments_full", most=MAX_ATTACHMENT_BYTES >> 20)

    def of_asker(self, asker: str, chat: str | None = None) -> list[Task]:
        """A person's tasks in one chat, or in all of them; oldest first."""
        return [task for task in self._store.all() if task.asker == asker and chat in (None, task.chat)]

    def seen_by(self, event: Any) -> list[Task]:
        """The sender's tasks that may be shown where the message was written: in a group only this group's."""
        chat = str(event.unified_msg_origin)
        return self.of_asker(access.asker(event), None if access.is_private(chat) else chat)

    def all(self) -> list[Task]:
        """Everybody's tasks, oldest first."""
        return self._store.all()

    def get(self, number: int) -> Task | None:
        """The task with this id."""
        return self._store.get(number)

    def live(self) -> list[Live]:
        """What waits and runs, oldest first."""
        return [
            Live(task, None if job is None else job.live)
            for task, job in ((task, self._jobs.get(task.id)) for task in self._store.all() if task.live)
        ]

    def output(self, number: int) -> str:
        """The end of a running task's answer so far, masked; may be empty."""
        task, job = self._store.get(number), self._jobs.get(number)
        if task is None or job is None or job.live is None:
            return ""
        return job.live.output(self._settings.secrets(), secrets=masking.hides_secrets(task.chat, self._settings))[0]

    async def send_files(self, task: Task, event: Any) -> list[str]:
        """Sends a task's files to the chat of a message; lines about what was not sent."""
        return await self._files.send(await self._store.read_files(task), str(event.unified_msg_origin), event.send)

    async def shown(self, task: Task) -> None:
        """Records that its asker has seen how it ended."""
        await self._delivery.shown(task.id)

    async def cancel(self, number: int, *, tell: bool = True) -> bool:
        """Cancels a task; false if it has ended. `tell`: whether to notify its chat."""
        task = self._store.get(number)
        if task is None or not task.live:
            return False
        job = self._jobs.get(number)
        if job is not None:
            job.cancelled, job.tell = True, tell
            if job.turn is not None:
                job.turn.cancel()
        if task.state == WAITING:
            await self._end(task, CANCELLED, "", tell=tell)
        return True

    async def cancel_all(self) -> int:
        """Cancels everybody's tasks; how many of them the engine knew nothing of."""
        live = [task for task in self._store.all() if task.live]
        waiting = sum(task.state == WAITING for task in live)
        await asyncio.gather(*(self.cancel(task.id) for task in live))
        return waiting

    async def wait(self, number: int, seconds: float) -> Task | None:
        """The task once it has ended, if that is within so many seconds: the caller then tells its asker. Otherwise,
        and if the caller is cancelled, the chat will be told."""
        ended = self._waited_for[number] = asyncio.get_running_loop().create_future()
        task = self._store.get(number)
        try:
            if task is not None and task.live:
                await asyncio.wait({ended}, timeout=seconds)
        except asyncio.CancelledError:
            if ended.done():
                self._delivery.begin(number)
            raise
        finally:
            del self._waited_for[number]
        task = self._store.get(number)
        if task is None or task.live:
            return None
        # Whoever has it must still tell it: until then it may not have arrived.
        self._delivery.told_elsewhere(number)
        return task

    async def _work(self) -> None:
        """Runs one task after the other."""
        while not self._stopping:
            self._wake.clear()
            task = next((task for task in self._store.all() if task.state == WAITING), None)
            try:
                if task is None or self._engine.problem:
                    await self._wake.wait()
                else:
                    await self._run(task)
            except Exception:
                # One task must not end all others.
                logger.exception(f"[{PLUGIN}] 后台任务出错")
                await asyncio.sleep(_AGAIN)

    async def _run(self, task: Task) -> None:
        """Runs a task, to its durable end, and tells it."""
        settings = self._settings
        line: TurnLine | None = None
        fault: Fault | None = None
        job = self._jobs.get(task.id)
        try:
            now = task.sender.now(self._context)
            if not access.may_ask(now, settings):
                self._audit_line(task, "-").ended("denied")
                await self._end(task, CANCELLED, self._say("task_no_right"), tell=False)
                return
            if job is None:
                job = self._jobs[task.id] = Job(task.text, task.sender.event(self._context, task.text), [])
            job.lower(now)
            level = min(task.level, access.level_of(now, settings))
            session = self._projects.session(task.chat, level, task.project)
            line = self._audit_line(task, session)
            task = replace(task, state=RUNNING, level=level)
            # From here on it may have been sent: it must never run again, whatever happens.
            await self._store.put(task)
            request = await turn_request.of_event(
                self._context, self._engine, job.event, job.text, session=session, level=level, files=job.attachments
            )
            if job.cancelled or self._stopping:
                raise self._engine.fault("cancelled", "stopped_by_user")
            end, result = DONE, await job.run(request, self._engine, self._approvals)
            line.ended("completed")
        except Fault as error:
            fault = error
            stopped = job is None or job.cancelled
            # No place in the queue, a gateway that rests, or everything ends: it was certainly not sent.
            unsent = error.code in _UNSENT or (self._stopping and (job is None or job.turn is None))
            if unsent and not stopped and time.time() - task.created < _PATIENCE:
                await self._waits_again(task, job, error)
                return
            end, result = self._of_fault(stopped, error)
        except asyncio.CancelledError:
            if line is not None:
                line.ended("fault", "cancelled")
            await self._kept(task, INTERRUPTED, self._say("task_interrupted"))
            raise
        except ProjectError as error:  # It was deleted meanwhile.
            end, result = FAILED, error.told(settings.locale, settings.prefix[0])
        except OSError as error:
            end, result = FAILED, NotKept(error.strerror or type(error).__name__).text(settings.locale)
        except Exception as error:
            # Whatever it is, it must not hold up the tasks behind it.
            logger.exception(f"[{PLUGIN}] 后台任务出错")
            end, result = FAILED, self._say("internal", kind=type(error).__name__)
        if line is not None:
            line.ended("fault", "internal" if fault is None else fault.code)
        files = job.files if job is not None and end == DONE else []
        task = await self._kept(task, end, result, tell=end != CANCELLED or job is None or job.tell, files=files)
        try:
            await self._engine.turn_ended(fault)
        finally:
            self._tell(task)

    async def _waits_again(self, task: Task, job: Job | None, fault: Fault) -> None:
        """Puts a task back to where it waited, for a while."""
        if job is not None:
            job.turn = job.live = None
        await self._store.put(replace(task, state=WAITING))
        with suppress(asyncio.TimeoutError, TimeoutError):
            pause = min(max(fault.retry_after_seconds or 0.0, _AGAIN), _LONGEST)
            await asyncio.wait_for(self._stopped.wait(), pause)

    def _of_fault(self, cancelled: bool, fault: Fault) -> tuple[str, str]:
        """How a task ends by a fault, and what to say."""
        if self._stopping:
            return INTERRUPTED, self._say("task_interrupted")
        if cancelled or fault.code == "cancelled":
            return CANCELLED, ""
        return FAILED, texts.fault_text(self._settings.locale, fault, with_partial=True)

    async def _end(self, task: Task, end: str, result: str, *, tell: bool = True) -> None:
        """Makes the end of a task durable, then tells it."""
        self._tell(await self._kept(task, end, result, tell=tell))

    async def _kept(self, task: Task, end: str, result: str, *, tell: bool = True, files: Sequence[File] = ()) -> Task:
        """Makes the end of a task durable. `tell`: whether to notify its chat."""
        self._jobs.pop(task.id, None)
        settings = self._settings
        result = cut(masking.for_chat(result, task.chat, settings), RESULT_BYTES, self._say("task_cut"))
        task = replace(task, state=end, end=end, result=result, ended=time.time(), delivery=DUE if tell else NOBODY)
        # Without its files rather than not at all.
        for kept in (files, ()) if files else ((),):
            try:
                return await self._store.put(task, kept)
            except OSError as error:
                # Send it anyway: otherwise nobody would ever know.
                logger.error(f"[{PLUGIN}] 后台任务 {task.id} 的结果无法保存：{error}")
        await self._store.never_run(task.id)
        return task

    def _tell(self, task: Task) -> None:
        """Tells how a task has ended: whoever waits for it, or else its chat."""
        waiter = self._waited_for.get(task.id)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        elif task.delivery == DUE and not self._stopping:
            self._delivery.begin(task.id)

    def _audit_line(self, task: Task, session: str) -> TurnLine:
        return TurnLine(self._audit, door="background", who=task.asker, session=session, level=task.level)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, **values)
