"""What the status page in AstrBot's dashboard shows."""

from __future__ import annotations

import dataclasses
from typing import Any

from astr_openclaw import Fault

from .engine import Engine
from .settings import PLUGIN


class StatusPage:
    """Serves the state of the guards as JSON; the page asks for it every other second."""

    def __init__(self, context: Any, engine: Engine) -> None:
        self._context = context
        self._engine = engine

    def register(self) -> None:
        """Adds the route; AstrBot asks for the dashboard's login before it calls us. The same
        route of the plugin's last life is replaced, also where AstrBot would only add one."""
        route, methods = f"/{PLUGIN}/state", ["GET"]
        apis = getattr(self._context, "registered_web_apis", None)
        if isinstance(apis, list):
            apis[:] = [api for api in apis if api[0] != route]
        self._context.register_web_api(route, self.state, methods, "OpenClaw: state of the guards")

    async def state(self) -> dict[str, Any]:
        """Everything that the page shows; no texts of users, no tokens."""
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
