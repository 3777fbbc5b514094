"""A chat whose tasks get tools that need an approval."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from astr_openclaw import Tool
from chat_rig import Event, opened, say, until
from gateway import Gateway
from openclaw import approvals as approvals_module
from openclaw.commands import Commands

ASKER, MEMBER, ADMIN = "1", "2", "9"


class Chat:
    """A commands instance whose tasks get the tools `asker_tool`, `admin_tool` and `free_tool`."""

    def __init__(self, commands: Commands, gateway: Gateway, ran: list[Any]) -> None:
        self.commands, self.gateway, self.ran = commands, gateway, ran

    def ask(self, text: str, sender: str = ASKER, **more: Any) -> tuple[Event, asyncio.Task[list[str]]]:
        """Starts a task."""
        event = Event(sender, f"助手 {text}", **more)
        return event, asyncio.create_task(say(self.commands, event))

    async def tell(self, text: str, sender: str = ASKER, **more: Any) -> str:
        """Sends a command; what comes back."""
        return "\n".join(await say(self.commands, Event(sender, f"助手 {text}", **more)))

    async def question(self, event: Event, count: int = 1) -> list[str]:
        """The ids of the questions, once the chat has been asked so many."""
        await until(lambda: len(self.questions(event)) >= count)
        # It counts once the platform has taken it.
        await until(lambda: all(question.shown for question in self.commands.approvals.pending()))
        return [re.search(r"编号 (\d{4})", text)[1] for text in self.questions(event)]

    @staticmethod
    def questions(event: Event) -> list[str]:
        return [text for text in event.sent if text.startswith("🔐")]

    def audit(self) -> list[dict[str, Any]]:
        path = Path(self.commands.audit._file.baseFilename)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


class chat_of:
    """A chat with these settings."""

    def __init__(self, tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, **config: Any) -> None:
        self._how = (tmp_path, gateway)
        self._config = {"user_level": "L2", "streaming": "off", **config}
        self._ran: list[Any] = []

        async def run(**arguments: Any) -> str:
            self._ran.append(arguments)
            return "the tool has run"

        tools = [Tool(f"{kind}_tool", run, approval=approval) for kind, approval in APPROVAL.items()]
        monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: tools)
        monkeypatch.setattr(approvals_module, "_SETTLING", 0.0)
        monkeypatch.setattr(approvals_module, "_PAUSE", 0.0)

    async def __aenter__(self) -> Chat:
        tmp_path, gateway = self._how
        self._commands = await opened(tmp_path, gateway, **self._config)
        return Chat(self._commands, gateway, self._ran)

    async def __aexit__(self, *_: object) -> None:
        self._commands.stop()
        await self._commands._engine.stop()


APPROVAL = {"free": "none", "asker": "asker", "admin": "admin"}
