"""The status page's routes, called as AstrBot's dashboard calls them."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import pytest
from openclaw.commands import Commands
from openclaw.settings import PLUGIN
from openclaw.status_page import StatusPage

JSON = "application/json"


class Request:
    """As AstrBot's `PluginRequest`, of which each task sees its own."""

    def __init__(self, body: bytes, kind: str | None, username: str, headers: dict[str, str]) -> None:
        self.username, self._body = username, body
        self.headers = {"content-length": str(len(body)), **({"content-type": kind} if kind else {})}
        self.headers.update(headers)

    async def json(self) -> Any:
        try:
            return json.loads(self._body)
        except ValueError:
            return None


class Dashboard:
    """Where the page is registered."""

    def __init__(self, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
        self.routes: dict[str, tuple[Any, list[str]]] = {}
        self._web: Any = types.ModuleType("astrbot.api.web")
        monkeypatch.setitem(sys.modules, "astrbot.api.web", self._web)
        context = types.SimpleNamespace(register_web_api=self._register)
        StatusPage(context, commands._engine, commands.approvals, commands.background, commands.audit).register()

    def _register(self, route: str, view: Any, methods: list[str], _text: str) -> None:
        self.routes[route.removeprefix(f"/{PLUGIN}/")] = view, methods

    async def state(self) -> dict[str, Any]:
        """What the page gets, by way of JSON."""
        return json.loads(json.dumps(await self.routes["state"][0]()))

    async def post(self, name: str, body: object, kind: str | None = JSON, user: str = "boss", **headers: str) -> Any:
        """What a press gets; `body`: bytes as they are, anything else as JSON."""
        view, methods = self.routes[name]
        assert methods == ["POST"]
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._web.request = Request(data, kind, user, {key.replace("_", "-"): value for key, value in headers.items()})
        return await view()
