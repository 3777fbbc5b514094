"""Serves the status page in AstrBot's dashboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from astr_openclaw import Fault

from .approvals import Approvals
from .engine import Engine
from .printable import printable
from .settings import PLUGIN

#: Characters of a user's name.
_LONGEST = 100


class StatusPage:
    """Serves the guards' state as JSON, which the page polls every two seconds, and takes its decisions."""

    def __init__(self, context: Any, engine: Engine, approvals: Approvals) -> None:
        self._context = context
        self._engine = engine
        self._approvals = approvals

    def register(self) -> None:
        """Adds the routes, which require the dashboard's login."""
        self._route("state", self.state, "GET", "OpenClaw: state of the guards")
        self._route("decide", self.decide, "POST", "OpenClaw: decide about a tool call")

    def _route(self, name: str, view: Callable[[], Any], method: str, text: str) -> None:
        """Replaces the route left by a reload, which some AstrBots would keep."""
        route = f"/{PLUGIN}/{name}"
        apis = getattr(self._context, "registered_web_apis", None)
        if isinstance(apis, list):
            apis[:] = [api for api in apis if api[0] != route]
        self._context.register_web_api(route, view, [method], text)

    async def state(self) -> dict[str, Any]:
        """Everything that the page shows: neither user texts nor tokens, but what waits for approval."""
        engine = self._engine
        state: dict[str, Any] = {
            "problem": engine.problem,
            "component_problem": engine.component_problem,
            "last_faults": list(engine.last_faults),
            "approvals": self._approvals.on_page(),
            "status": None,
            "component": None,
        }
        try:
            state["status"] = dataclasses.asdict(engine.status())
            state["component"] = dataclasses.asdict(engine.running().component)
        except Fault as fault:
            state["problem"] = state["problem"] or str(fault)
        return state

    async def decide(self) -> dict[str, Any]:
        """Takes `id` and `approve`; gives `result`: `done`, or why the decision has no effect. Whoever is logged
        in to the dashboard counts as an admin."""
        body, user = await _request()
        name, approve = (body.get("id"), body.get("approve")) if isinstance(body, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(approve, bool):
            return {"result": "not_pending"}
        try:
            return {
                "result": await self._approvals.decide_on_page(
                    name, approve, " ".join(printable(user).split())[:_LONGEST]
                )
            }
        except Fault as fault:
            return {"result": fault.code}


async def _request() -> tuple[Any, str]:
    """The JSON of the request that is being answered, and the dashboard's user."""
    try:
        from astrbot.api.web import request
    except ImportError:  # Older versions.
        import quart

        return await quart.request.get_json(silent=True), str(getattr(quart.g, "username", "") or "-")
    return await request.json(), str(request.username or "-")
