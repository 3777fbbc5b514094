"""A plugin with background tasks, in one life after the other, and the chats that their results go to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from chat_rig import Event, opened, say, until
from gateway import Gateway
from openclaw import delivery
from openclaw.commands import Commands

ASKER, OTHER, ADMIN = "1", "2", "9"
CHAT = f"qq:FriendMessage:{ASKER}"


class Astr:
    """AstrBot's context, as far as background tasks use it."""

    def __init__(self) -> None:
        self.admins = [ADMIN]
        self.sent: list[tuple[str, str]] = []
        self.answers: list[Any] = []  #: What the platform does with the next messages; then it takes all.

    def get_config(self, umo: str | None = None) -> dict[str, Any]:
        return {"admins_id": self.admins}

    async def send_message(self, chat: str, chain: Any) -> bool:
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = True
        if answer:
            self.sent.append((str(chat), chain.get_plain_text()))
        return answer

    def told(self, chat: str = CHAT) -> list[str]:
        return [text for at, text in self.sent if at == chat]


class Lives:
    """The plugin, which can be stopped, killed and started again."""

    def __init__(self, folder: Path, gateway: Gateway, **config: Any) -> None:
        self.astr = Astr()
        self.gateway, self.config = gateway, config
        self._folder = folder

    async def begin(self, **config: Any) -> Commands:
        self.config.update(config)
        self.commands = await opened(self._folder, self.gateway, context=self.astr, **self.config)
        await self.commands.load()
        return self.commands

    async def end(self) -> None:
        """As a reload or SIGINT does."""
        await self.commands.unload()
        await self.commands._engine.stop()
        self.commands.close()

    async def kill(self) -> None:
        """What a SIGKILL leaves: nothing is written any more."""
        background = self.commands.background

        async def nothing(*_: Any) -> None:
            await asyncio.Event().wait()

        background._store.put = nothing  # type: ignore[method-assign]
        self.astr.answers.insert(0, asyncio.Event())
        for task in [background._worker, *background._delivery._sending.values()]:
            task.cancel()
        await self.commands._engine.stop()
        self.astr.answers.clear()

    async def ask(self, text: str, sender: str = ASKER, **more: Any) -> str:
        """A command; what comes back."""
        return "\n".join(await say(self.commands, Event(sender, f"助手 {text}", **more)))

    def task(self, number: int) -> Any:
        return self.commands.background.get(number)

    async def state(self, number: int, *states: str) -> Any:
        """The task, once it is in one of these states."""
        await until(lambda: self.task(number) and self.task(number).state in states)
        return self.task(number)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the platform."""
    monkeypatch.setattr(delivery, "PAUSES", (0.001,) * 3)
    monkeypatch.setattr(delivery, "SETTLING", 0.0)
    monkeypatch.setattr(delivery, "PAUSE", 0.0)
    monkeypatch.setattr(delivery, "ELSEWHERE", 0.0)
    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [])
