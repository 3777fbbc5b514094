"""What is said about background tasks."""

from __future__ import annotations

import time

from .task_store import INTERRUPTED, UNCERTAIN, Task
from .texts import say

#: Characters of a task's title.
_TITLE = 40

#: Tasks of a list.
_LISTED = 15


def told(locale: str, task: Task) -> str:
    """The message about a task's end."""
    key = "task_interrupted_told" if task.end == INTERRUPTED else f"task_{task.end}"
    lines = [say(locale, key, id=task.id, title=title(task))]
    if task.delivery == UNCERTAIN:
        lines.append(say(locale, "task_again"))
    return "\n".join([*lines, task.result]) if task.result else "\n".join(lines)


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
