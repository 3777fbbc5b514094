"""Serves the status page in AstrBot's dashboard."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

from astr_openclaw import Fault, Status

from . import command_tools, masking
from .approvals import Approvals
from .audit import Audit
from .background import Background
from .engine import Engine
from .live_turns import LiveTurn
from .printable import printable
from .settings import PLUGIN
from .task_job import Live

#: Characters of a name, and bytes of a request.
_LONGEST = 100
_LARGEST = 4096


class StatusPage:
    """Serves the guards' state and the tasks under way as JSON, which the page polls every two seconds, and takes
    what is decided on the page. AstrBot asks for the dashboard's login; whoever has it counts as an admin."""

    def __init__(
        self, context: Any, engine: Engine, approvals: Approvals, background: Background, audit: Audit
    ) -> None:
        self._context = context
        self._engine = engine
        self._settings = engine.settings
        self._approvals = approvals
        self._background = background
        self._audit = audit

    def register(self) -> None:
        """Adds the routes, which require the dashboard's login."""
        self._route("state", self.state, "GET", "OpenClaw: state of the guards and tasks")
        self._route("decide", self.decide, "POST", "OpenClaw: decide about a tool call")
        self._route("cancel", self.cancel, "POST", "OpenClaw: cancel a task")
        self._route("reset", self.reset, "POST", "OpenClaw: close the breakers")

    def _route(self, name: str, view: Callable[[], Any], method: str, text: str) -> None:
        """Replaces the route left by a reload, which some AstrBots would keep."""
        route = f"/{PLUGIN}/{name}"
        apis = getattr(self._context, "registered_web_apis", None)
        if isinstance(apis, list):
            apis[:] = [api for api in apis if api[0] != route]
        self._context.register_web_api(route, view, [method], text)

    async def state(self) -> dict[str, Any]:
        """Everything that the page shows, masked and bounded; no tokens."""
        engine = self._engine
        status: Status | None = None
        problem, component = engine.problem, None
        try:
            status = engine.status()
            component = dataclasses.asdict(engine.running().component)
            engine.saw_memory(status)
            engine.memory_history.used()
        except Fault as fault:
            problem = problem or str(fault)
        return {
            "problem": problem,
            "component_problem": engine.component_problem,
            "last_faults": list(engine.last_faults),
            "approvals": self._approvals.on_page(),
            "tasks": self._tasks(status),
            "memory_history": {"points": engine.memory_history.points(), **self._settings.floors},
            "status": None if status is None else dataclasses.asdict(status),
            "component": component,
        }

    def _tasks(self, status: Status | None) -> list[dict[str, Any]]:
        """The tasks under way, oldest first: turns that somebody waits for, then background tasks. The queue and the
        store bound their number."""
        live = self._engine.live
        queued = status.queued if status is not None and status.fresh else len(live.all())
        waiting, asked = live.waiting(queued), {question.turn for question in self._approvals.pending()}

        def state(turn: LiveTurn) -> str:
            return "waiting" if turn in waiting else "approval" if turn.turn in asked else "running"

        shown = [self._turn(turn, state(turn)) for turn in live.all() if not turn.background]
        for each in self._background.live():
            shown.append(self._background_task(each, each.task.state if each.turn is None else state(each.turn)))
        return shown

    def _turn(self, turn: LiveTurn, state: str) -> dict[str, Any]:
        settings, origin = self._settings, turn.origin
        output, left_out = turn.output(settings.secrets(), secrets=settings.mask_secrets)
        return {
            "id": f"turn-{turn.number}",
            "door": origin.door,
            "number": None,
            "project": "",
            "text": "",
            "state": state,
            "asker": _name(origin.asker),
            "chat": _name(origin.chat),
            "level": origin.level,
            "started": turn.started,
            "seconds": round(turn.seconds),
            "calls": turn.calls,
            "last_call": _name(self._clean(command_tools.shown_name(turn.last_call, settings))),
            "output": output,
            "left_out": left_out,
        }

    def _background_task(self, live: Live, state: str) -> dict[str, Any]:
        task = live.task
        said = {"calls": 0, "last_call": "", "output": "", "left_out": 0}
        if live.turn is not None:
            said = self._turn(live.turn, state)
        return {
            **said,
            "id": f"task-{task.id}",
            "door": "background",
            "number": task.id,
            "project": _name(task.project),
            "text": self._clean(task.text)[:_LONGEST],
            "state": state,
            "asker": _name(task.asker),
            "chat": _name(task.chat),
            "level": task.level,
            "started": task.created,
            "seconds": max(0, round(time.time() - task.created)),
        }

    def _clean(self, text: str) -> str:
        mask = masking.mask_secrets if self._settings.mask_secrets else masking.mask_tokens
        return mask(text, self._settings.secrets())

    async def decide(self) -> dict[str, Any]:
        """Takes `id` and `approve`; gives `result`: `done`, or why the decision has no effect."""
        body, user = await _request()
        name, approve = body.get("id"), body.get("approve")
        if not isinstance(name, str) or not isinstance(approve, bool):
            return {"result": "not_pending"}
        try:
            return {"result": await self._approvals.decide_on_page(name, approve, _name(user))}
        except Fault as fault:
            return {"result": fault.code}

    async def cancel(self) -> dict[str, Any]:
        """Takes the `id` of a task; gives `result`: `done`, or `not_running` if there is none."""
        body, user = await _request()
        for turn in self._engine.live.all():
            if f"turn-{turn.number}" == body.get("id") and not turn.background:
                origin = turn.origin
                self._record(user, "task_cancelled", session=origin.session, level=origin.level, of=_name(origin.asker))
                origin.stop()
                return {"result": "done"}
        for task in (live.task for live in self._background.live()):
            if f"task-{task.id}" == body.get("id"):
                self._record(user, "task_cancelled", session=task.chat, level=task.level, of=_name(task.asker))
                await self._background.cancel(task.id)
                return {"result": "done"}
        return {"result": "not_running"}

    async def reset(self) -> dict[str, Any]:
        """Closes the breakers, if the body is `{"breakers": true}`; gives `result`: `done`, or why it has no effect."""
        body, user = await _request()
        if body.get("breakers") is not True:
            return {"result": "bad_request"}
        try:
            await self._engine.reset()
        except Fault as fault:
            return {"result": fault.code}
        self._record(user, "breakers_reset")
        return {"result": "done"}

    def _record(self, user: str, outcome: str, *, session: str = "-", level: str = "-", **more: Any) -> None:
        """A line of the audit log."""
        who = f"dashboard:{_name(user)}"
        self._audit.write(
            door="dashboard", who=who, session=session, level=level, outcome=outcome, code=None, seconds=0.0, **more
        )


def _name(text: str) -> str:
    """A name from outside, in one line."""
    return " ".join(printable(text).split())[:_LONGEST]


async def _request() -> tuple[dict[str, Any], str]:
    """The JSON object of the request that is being answered, and the dashboard's user. Empty for anything else: what
    another site can have a browser send with the dashboard's cookie is no JSON by its type."""
    try:
        from astrbot.api.web import request
    except ImportError:  # Older versions.
        import quart

        request, user = quart.request, getattr(quart.g, "username", None)
        read = functools.partial(request.get_json, silent=True)
    else:
        read, user = request.json, request.username
    kind, length = request.headers.get("content-type") or "", request.headers.get("content-length") or ""
    # Without a length, AstrBot bounds it.
    fits = not length or (length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= _LARGEST)
    body = await read() if fits and kind.partition(";")[0].strip().lower() == "application/json" else None
    return body if isinstance(body, dict) else {}, str(user or "-")
