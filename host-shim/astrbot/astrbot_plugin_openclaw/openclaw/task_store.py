"""Background tasks on disk: a file each, so that a damaged one loses only itself. Files are replaced atomically, in
the order of the changes, and never on the event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from . import atomic_file
from .sender import Sender

T = TypeVar("T")

WAITING, RUNNING = "waiting", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
INTERRUPTED = "interrupted"  #: AstrBot stopped while it ran. It is reported, and never run again by itself.
UNDELIVERED = "undelivered"  #: It has ended, and the platform has refused the result.

#: How a task can end.
ENDS = (DONE, FAILED, CANCELLED, INTERRUPTED)
STATES = (WAITING, RUNNING, *ENDS, UNDELIVERED)

#: What has become of the message about the end: nobody is to be told; it is to be sent; it may have been sent (AstrBot
#: was killed meanwhile, or the platform did not answer); it was sent or shown; it was given up.
NOBODY, DUE, UNCERTAIN, TOLD, GIVEN_UP = "nobody", "due", "uncertain", "told", "given_up"
DELIVERIES = (NOBODY, DUE, UNCERTAIN, TOLD, GIVEN_UP)

#: Tasks that are kept, of one asker and in all, and bytes of their texts. The oldest ended ones go first.
PER_ASKER, IN_ALL, BYTES = 20, 200, 4 << 20

#: Bytes of a task's text, and of its result.
TEXT_BYTES, RESULT_BYTES = 16 << 10, 32 << 10

#: Damaged files that are kept for inspection.
_BROKEN = 10

_NAME = re.compile(r"(\d{1,12})\.(json|broken)")


@dataclass(frozen=True)
class Task:
    """A background task. Texts are masked as replies to its chat are."""

    id: int  #: Small and increasing; never used twice.
    state: str  #: One of `STATES`.
    chat: str  #: Where it was asked (`unified_msg_origin`), and where the result goes.
    asker: str  #: `platform:id`.
    project: str  #: Empty for none.
    level: str  #: The level that it was asked at.
    text: str = field(repr=False)  #: What was asked.
    sender: Sender
    door: str  #: What asked: `chat`, `model` (AstrBot's own) or `timer`.
    created: float  #: Seconds since 1970.
    result: str = field(default="", repr=False)  #: The answer, or why there is none.
    ended: float | None = None  #: Seconds since 1970.
    end: str = ""  #: One of `ENDS` once it has ended; `state` may be `UNDELIVERED` then.
    delivery: str = NOBODY  #: One of `DELIVERIES`.
    tries: int = 0  #: How often the message was refused.
    resumable: bool = False  #: Whether `text` is all of it, so that it may still wait after a restart.

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state in (WAITING, RUNNING)

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return len(self.text.encode("utf-8", "replace")) + len(self.result.encode("utf-8", "replace"))


class TaskStore:
    """The tasks. Everything but `load` and `put` answers at once."""

    def __init__(self, folder: Path, damaged: Callable[[str], None]) -> None:
        """`damaged`: gets a line for the log about each file that cannot be read."""
        self._folder = folder
        self._damaged = damaged
        self._tasks: dict[int, Task] = {}
        self._last = 0
        self._writer: ThreadPoolExecutor | None = None

    async def load(self) -> None:
        """Reads what the last life has left."""
        tasks, self._last = await self._in_order(self._read)
        self._tasks = {task.id: task for task in sorted(tasks, key=lambda task: task.id)}

    def _read(self) -> tuple[list[Task], int]:
        for left in self._folder.glob(".*.part"):
            with suppress(OSError):
                left.unlink()  # Half written by a killed process.
        names = {path: found for path in self._listed() if (found := _NAME.fullmatch(path.name))}
        tasks: list[Task] = []
        for path, found in names.items():
            if found[2] == "json":
                number = int(found[1])
                task = atomic_file.load(path, functools.partial(_parse, number), None, self._lost)
                tasks += [task] if task is not None else []
        broken = sorted((path for path in self._listed() if path.suffix == ".broken"), key=lambda path: path.name)
        for path in broken[:-_BROKEN]:
            with suppress(OSError):
                path.unlink()
        # Also of files that are damaged: an id must not be used twice.
        return tasks, max((int(found[1]) for found in names.values()), default=0)

    def _listed(self) -> list[Path]:
        try:
            return list(self._folder.iterdir())
        except OSError:
            return []

    def _lost(self, words: str) -> Task | None:
        self._damaged(words)
        return None

    def all(self) -> list[Task]:
        """All of them, oldest first."""
        return list(self._tasks.values())

    def get(self, number: int) -> Task | None:
        """One of them."""
        return self._tasks.get(number)

    def new_id(self) -> int:
        """An id that was never used."""
        self._last += 1
        return self._last

    async def put(self, task: Task) -> None:
        """Keeps a new or changed task, and drops old ones if there are too many. It holds at once, and is durable on
        return. Raises OSError if it cannot be written."""
        self._tasks[task.id] = task
        gone = self._too_many(task)
        for old in gone:
            del self._tasks[old.id]

        def write() -> None:
            for old in gone:
                with suppress(OSError):
                    self._path(old.id).unlink()
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_file.write_json(self._path(task.id), dataclasses.asdict(task))

        await self._in_order(write)

    async def drop(self, number: int) -> None:
        """Forgets a task."""
        self._tasks.pop(number, None)

        def remove() -> None:
            with suppress(OSError):
                self._path(number).unlink()

        await self._in_order(remove)

    async def close(self) -> None:
        """Waits until everything is written."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await asyncio.to_thread(writer.shutdown)

    def _too_many(self, newest: Task) -> list[Task]:
        """Those that must go: told ones before those that nobody has seen, then the oldest."""
        gone: list[Task] = []
        ended = [task for task in self._tasks.values() if not task.live and task.id != newest.id]
        ended.sort(key=lambda task: (task.delivery not in (NOBODY, TOLD), task.id))
        mine = sum(task.asker == newest.asker for task in self._tasks.values())
        number, size = len(self._tasks), sum(task.size for task in self._tasks.values())
        for task in ended:
            if number > IN_ALL or size > BYTES or (task.asker == newest.asker and mine > PER_ASKER):
                gone.append(task)
                number, size = number - 1, size - task.size
                mine -= task.asker == newest.asker
        return gone

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"

    async def _in_order(self, work: Callable[[], T]) -> T:
        """Runs it after everything before it. Whoever waits may be cancelled; the work is done."""
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, "openclaw-tasks")
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, work))


def cut(text: str, most: int, note: str) -> str:
    """The text, or as much of it as fits into so many bytes, with the note at its end."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text
    room = max(0, most - len(note.encode()) - 1)
    return data[:room].decode("utf-8", "ignore") + "\n" + note


def _parse(number: int, stored: Any) -> Task:
    values = {each.name: stored[each.name] for each in dataclasses.fields(Task) if each.name in stored}
    values["sender"] = Sender.read(stored["sender"])
    task = Task(**values)
    texts = (task.chat, task.asker, task.project, task.level, task.text, task.door, task.result)
    good = (
        task.id == number
        and task.state in STATES
        and task.delivery in DELIVERIES
        and (task.live or task.end in ENDS)
        and all(isinstance(text, str) for text in texts)
        and isinstance(task.created, (int, float))
        and isinstance(task.ended, (int, float, type(None)))
        and isinstance(task.tries, int)
        and isinstance(task.resumable, bool)
    )
    if not good:
        raise ValueError("不是后台任务")
    return task
