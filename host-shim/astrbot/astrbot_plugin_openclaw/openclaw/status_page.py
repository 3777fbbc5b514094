"""Serves the status page in AstrBot's dashboard."""

from __future__ import annotations

import dataclasses
from typing import Any

from astr_openclaw import Fault

from .engine import Engine
from .settings import PLUGIN


class StatusPage:
    """Serves the guards' state as JSON; the page polls it every two seconds."""

    def __init__(self, context: Any, engine: Engine) -> None:
        self._context = context
        self._engine = engine

    def register(self) -> None:
        """Adds the route, which requires the dashboard's login. Replaces the route left by a reload, which
        some AstrBots would keep."""
        route, methods = f"/{PLUGIN}/state", ["GET"]
        apis = getattr(self._context, "registered_web_apis", None)
        if isinstance(apis, list):
            apis[:] = [api for api in apis if api[0] != route]
        self._context.register_web_api(route, self.state, methods, "OpenClaw: state of the guards")

    async def state(self) -> dict[str, Any]:
        """Everything that the page shows; neither user texts nor tokens."""
        engine = self._engine
        state: dict[str, Any] = {
            "problem": engine.problem,
            "component_problem": engine.component_problem,
            "last_faults": list(engine.last_faults),
            "status": None,
            "component": None,
        }
        try:
            state["status"] = dataclasses.asdict(engine.status())
            state["component"] = dataclasses.asdict(engine.running().component)
        except Fault as fault:
            state["problem"] = state["problem"] or str(fault)
        return state
