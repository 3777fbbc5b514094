"""One life of the Star in a process of its own, which test_killed.py ends by SIGKILL. It says what the users have been
told, a JSON line each, at the moment in which AstrBot would send it."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import conftest  # noqa: F401 The fakes.
from chat_rig import Event
from openclaw import access, chat_turn, tools
from openclaw.commands import Commands
from openclaw.engine import Engine
from openclaw.settings import Settings

CHATS = [str(number) for number in range(5)]


def told(**what: Any) -> None:
    print(json.dumps(what, ensure_ascii=False), flush=True)


class Answered(Event):
    """A message that tells `what` as soon as the end of an answer is handed to AstrBot."""

    what: dict[str, Any]

    async def is_told(self) -> None:
        told(**self.what)
        await asyncio.sleep(0.01)  # As long as sending a message takes at least.

    async def send(self, chain: Any) -> None:
        # The answers here are so short that sentences are sent once all is there.
        await self.is_told()

    async def send_streaming(self, chains: AsyncIterator[Any], _fallback: bool) -> None:
        async for _ in chains:
            pass
        await self.is_told()


async def live(folder: Path, config: dict[str, Any], life: int) -> None:
    chance = random.Random(life)
    settings = Settings.read(config)
    engine = Engine(settings, folder / "star", folder / "data")
    await engine.start()
    commands = Commands(None, settings, engine, folder / "data")
    sessions = {chat: session_of(commands, chat) for chat in CHATS}
    told(breaker=(await engine.status_now()).breakers["primary"].state, **sessions)

    async def say(sender: str, text: str, **what: Any) -> None:
        """Reports `what` as soon as an answer is handed to AstrBot; before that, either outcome is allowed."""
        told(begins=list(what))
        event = Answered(sender, f"助手 {text}", admin=sender == "admin", streams=settings.streaming == "auto")
        event.what = what
        async for _ in commands.handle(event):
            await event.is_told()

    await say("admin", "熔断复位", breaker="closed")
    number = 0
    opens = chance.randrange(12) if life % 2 else None
    while True:
        number += 1
        sender = f"{life}-{number}"
        if number == opens:
            told(begins=["breaker"])
            await say("admin", "drop")
            await say("admin", "drop", breaker="open")
            await say("admin", "x", breaker="open")
        elif chance.random() < 0.3:
            chat = chance.choice(CHATS)
            told(begins=[chat])
            async for _ in commands.handle(Event(chat, "助手 会话重置")):
                told(**{chat: session_of(commands, chat)})
        else:
            await say(sender, chance.choice(("hi", "drop", "many 20") if opens is None else ("hi",)), audited=sender)
            if opens is None:
                # Two in a row would open it.
                await say(sender, "hi", audited=sender)


def session_of(commands: Commands, chat: str) -> str:
    return commands.sessions.current(access.session_of(Event(chat, "").unified_msg_origin, "L1"))


if __name__ == "__main__":
    tools.of_turn = lambda *_: []
    chat_turn._PAUSE = 0.0
    asyncio.run(live(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])))
