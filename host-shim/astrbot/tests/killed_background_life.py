"""One life of the Star in a process of its own, which test_killed_background.py ends by SIGKILL. It says which tasks were
taken and which messages the platform got, a JSON line each."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import conftest  # noqa: F401 The fakes.
from background_rig import Astr
from chat_rig import Event, say
from openclaw import delivery, tools
from openclaw.commands import Commands
from openclaw.engine import Engine
from openclaw.settings import Settings


class Platform(Astr):
    """Refuses each third message at first."""

    async def send_message(self, chat: str, chain: Any) -> bool:
        self.sent.append((chat, ""))
        if len(self.sent) % 3 == 2:
            return False
        print(json.dumps({"told": chain.get_plain_text()}, ensure_ascii=False), flush=True)
        await asyncio.sleep(0.005)  # As long as sending a message takes at least.
        return True


async def live(folder: Path, config: dict[str, Any], life: int, last: bool) -> None:
    engine = Engine(Settings.read(config), folder / "star", folder / "data")
    await engine.start()
    commands = Commands(Platform(), engine.settings, engine, folder / "data")
    await commands.background.load()
    number = 0
    while not last:
        number += 1
        # Of many people, so that none has too many.
        text = f"{life}-{number}"
        answer = (await say(commands, Event(text, f"助手 后台 {text}")))[0]
        print(json.dumps({"taken": text, "answer": answer}, ensure_ascii=False), flush=True)
        await asyncio.sleep(0.02)
    while any(task.live or task.delivery in ("due", "uncertain") for task in commands.background.all()):
        await asyncio.sleep(0.01)
    print(json.dumps({"over": {task.text: task.state for task in commands.background.all()}}), flush=True)


if __name__ == "__main__":
    tools.of_turn = lambda *_: []
    delivery.PAUSES, delivery.SETTLING = (0.01,) * 50, 0.0
    asyncio.run(live(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "last"))
