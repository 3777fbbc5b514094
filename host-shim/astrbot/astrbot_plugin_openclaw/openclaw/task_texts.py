"""What is said about background tasks."""

from __future__ import annotations

import time

from .task_store import INTERRUPTED, Task
from .texts import say

#: Characters of a task's title.
_TITLE = 40

#: Characters of one message.
_LONGEST = 3000

#: Tasks of a list.
_LISTED = 15


def told(locale: str, task: Task) -> list[str]:
    """The messages about a task's end: a few, if the result is long."""
    key = "task_interrupted_told" if task.end == INTERRUPTED else f"task_{task.end}"
    head = say(locale, key, id=task.id, title=title(task))
    return _parts(f"{head}\n{task.result}" if task.result else head)


def _parts(text: str) -> list[str]:
    """The text in pieces that platforms take as one message, cut at the ends of lines where that is possible."""
    parts: list[str] = []
    while len(text) > _LONGEST:
        cut = text.rfind("\n", _LONGEST // 2, _LONGEST) + 1 or _LONGEST
        parts.append(text[:cut].rstrip("\n"))
        text = text[cut:]
    return [part for part in [*parts, text] if part]


def shown(locale: str, task: Task, output: str) -> str:
    """A task on request. `output`: its answer so far."""
    lines = [say(locale, "task_head", id=task.id, state=say(locale, f"state_{task.state}"), title=title(task))]
    if task.result:
        lines.append(task.result)
    elif output:
        lines.append(say(locale, "task_so_far", text=output))
    return "\n".join(lines)


def listed(locale: str, prefix: str, tasks: list[Task], *, askers: bool = False) -> str:
    """A list, newest first. `askers`: whether it says whose they are."""
    if not tasks:
        return say(locale, "tasks_none")
    lines = [say(locale, "tasks_head", p=prefix)]
    for task in tasks[: -_LISTED - 1 : -1]:
        at = time.strftime("%m-%d %H:%M", time.localtime(task.created))
        state = say(locale, f"state_{task.state}")
        lines.append(" ".join([str(task.id), state, at, *([task.asker] if askers else []), title(task)]))
    if len(tasks) > _LISTED:
        lines.append(say(locale, "tasks_more", n=len(tasks) - _LISTED))
    return "\n".join(lines)


def title(task: Task) -> str:
    """The beginning of what was asked, in one line."""
    text = " ".join(task.text.split())
    project = f"@{task.project} " if task.project else ""
    return project + (text if len(text) <= _TITLE else text[:_TITLE] + "…")
