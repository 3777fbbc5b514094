"""Background tasks on disk: a file each, so that a damaged one loses only itself. Files are replaced atomically, in
the order of the changes, and never on the event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import functools
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from astr_openclaw import File

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

#: Ended tasks of one asker that are kept, tasks in all, and bytes of their texts. The oldest ended ones go first, and
#: of one asker none whose end is still to be told.
PER_ASKER, IN_ALL, BYTES = 20, 200, 4 << 20

#: Bytes of a task's text, and of its result.
TEXT_BYTES, RESULT_BYTES = 16 << 10, 32 << 10

#: Bytes of the files that agents have sent, in all tasks. Those of the oldest tasks go first.
FILE_BYTES = 64 << 20

#: Damaged files that are kept for inspection.
_BROKEN = 10

_NAME = re.compile(r"(\d{1,12})\.(json|broken)")
_FILE = re.compile(r"(\d{1,12})-(\d{1,3})\.bin")


@dataclass(frozen=True)
class StoredFile:
    """A file that the agent has sent, beside its task."""

    name: str
    media_type: str
    size: int  #: Bytes.


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
    told: int = 0  #: Messages about the end that have arrived; the first of those that follow may have, too.
    files: tuple[StoredFile, ...] = ()
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
        self._closed = False
        self._waits: set[int] = set()  # Tasks that wait, as the disk has it.

    async def load(self) -> None:
        """Reads what the last life has left."""
        tasks, self._last = await self._in_order(self._read)
        self._tasks = {task.id: task for task in sorted(tasks, key=lambda task: task.id)}
        self._waits = {task.id for task in tasks if task.state == WAITING}

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
        held = {self._file(task.id, at) for task in tasks for at in range(len(task.files))}
        for path in self._listed():
            if _FILE.fullmatch(path.name) and path not in held:
                with suppress(OSError):
                    path.unlink()  # Of a task that was not written any more, or that is damaged.
        broken = {path: int(found[1]) for path in self._listed() if (found := _NAME.fullmatch(path.name))}
        broken = {path: number for path, number in broken.items() if path.suffix == ".broken"}
        for path in sorted(broken, key=broken.__getitem__)[:-_BROKEN]:
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

    async def put(self, task: Task, files: Sequence[File] = ()) -> Task:
        """Keeps a new or changed task, with new files if there are any, and drops old ones if there are too many. It
        holds at once, and is durable on return. Raises OSError if it cannot be written; once closed, nothing has
        changed then."""
        if self._closed:
            raise OSError(errno.EBADF, "the store is closed")
        if files:
            kept = tuple(StoredFile(file.name, file.media_type, len(file.data)) for file in files)
            task = dataclasses.replace(task, files=kept)
        self._tasks[task.id] = task
        gone = self._too_many(task)
        for old in gone:
            del self._tasks[old.id]
        bare = self._too_large(task)
        for old in bare:
            self._tasks[old.id] = dataclasses.replace(old, files=())

        def write() -> None:
            for old in gone:
                self._unlink(old)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for old in bare:
                atomic_file.write_json(self._path(old.id), dataclasses.asdict(dataclasses.replace(old, files=())))
                self._unlink(old, whole=False)
            for at, file in enumerate(files):
                atomic_file.write_bytes(self._file(task.id, at), file.data)
            atomic_file.write_json(self._path(task.id), dataclasses.asdict(task))
            (self._waits.add if task.state == WAITING else self._waits.discard)(task.id)

        await self._in_order(write)
        return task

    async def never_run(self, number: int) -> None:
        """For a task whose end could not be written: if it waits on the disk, it must not run in the next life."""

        def remove() -> None:
            if number in self._waits:
                with suppress(OSError):
                    self._path(number).unlink()

        await self._in_order(remove)

    async def read_files(self, task: Task) -> list[File]:
        """The files of a task, without those that are gone."""

        def read() -> list[File]:
            found = []
            for at, file in enumerate(task.files):
                with suppress(OSError, ValueError):
                    data = atomic_file.read_bytes(self._file(task.id, at), file.size)
                    found.append(File(file.name, file.media_type, data))
            return found

        return await self._in_order(read) if task.files else []

    async def drop(self, number: int) -> None:
        """Forgets a task."""
        task = self._tasks.pop(number, None)
        if task is not None:
            await self._in_order(functools.partial(self._unlink, task))

    async def flush(self) -> None:
        """Waits until everything is written."""
        await self._in_order(lambda: None)

    async def close(self) -> None:
        """Waits until everything is written. Nothing is written after it: there may be a next life already."""
        self._closed = True
        writer, self._writer = self._writer, None
        if writer is not None:
            await asyncio.to_thread(writer.shutdown)

    def _too_many(self, newest: Task) -> list[Task]:
        """Those that must go: told ones before those that nobody has seen, then the oldest."""
        gone: list[Task] = []
        ended = [task for task in self._tasks.values() if not task.live]
        mine = sum(task.asker == newest.asker for task in ended)
        number, size = len(self._tasks), sum(task.size for task in self._tasks.values())
        for task in sorted(ended, key=_worth):
            too_many = task.asker == newest.asker and mine > PER_ASKER and task.delivery not in (DUE, UNCERTAIN)
            # The newest file keeps its id from being used again after a restart.
            kept = task.id in (newest.id, self._last)
            if not kept and (number > IN_ALL or size > BYTES or too_many):
                gone.append(task)
                number, size = number - 1, size - task.size
                mine -= task.asker == newest.asker
        return gone

    def _too_large(self, newest: Task) -> list[Task]:
        """Those whose files must go: told ones before those that nobody has seen, then the oldest."""
        having = [task for task in self._tasks.values() if task.files]
        size = sum(file.size for task in having for file in task.files)
        gone: list[Task] = []
        for task in sorted(having, key=_worth):
            if size > FILE_BYTES and task.id != newest.id:
                gone.append(task)
                size -= sum(file.size for file in task.files)
        return gone

    def _unlink(self, task: Task, *, whole: bool = True) -> None:
        """Removes a task's files, and its own if `whole`."""
        paths = [self._path(task.id)] if whole else []
        for path in [*paths, *(self._file(task.id, at) for at in range(len(task.files)))]:
            with suppress(OSError):
                path.unlink()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"

    def _file(self, number: int, at: int) -> Path:
        return self._folder / f"{number}-{at}.bin"

    async def _in_order(self, work: Callable[[], T]) -> T:
        """Runs it after everything before it. Whoever waits may be cancelled; the work is done."""
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, "openclaw-tasks")
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, work))


def _worth(task: Task) -> tuple[bool, bool, int]:
    """The order of eviction: delivered results, then those given up, then unsent ones; in each the oldest first."""
    return task.delivery in (DUE, UNCERTAIN), task.delivery == GIVEN_UP, task.id


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
    values["files"] = tuple(StoredFile(**file) for file in stored.get("files", ()))
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
        and isinstance(task.told, int)
        and isinstance(task.resumable, bool)
        and all(isinstance(file.name, str) and isinstance(file.media_type, str) for file in task.files)
        and all(isinstance(file.size, int) for file in task.files)
    )
    if not good:
        raise ValueError("不是后台任务")
    return task
