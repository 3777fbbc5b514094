"""A chat with the commands behind it, as AstrBot has it."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from conftest import star_in
from gateway import Gateway
from openclaw.commands import Commands
from openclaw.engine import Engine
from openclaw.settings import Settings


class Event:
    """A message, and what is sent back."""

    def __init__(
        self,
        sender: str,
        text: str,
        *,
        group: str = "",
        admin: bool = False,
        parts: tuple = (),
        streams: bool = False,
        name: str = "",
        isolated: bool = False,
    ) -> None:
        self.sender, self.text, self.group, self.parts = sender, text, group, parts
        self.role = "admin" if admin else "member"
        self.platform_meta = types.SimpleNamespace(support_streaming_message=streams)
        self.unified_msg_origin = f"qq:GroupMessage:{group}" if group else f"qq:FriendMessage:{sender}"
        if group and isolated:  # As AstrBot's `unique_session` does.
            self.unified_msg_origin = f"qq:GroupMessage:{sender}_{group}"
        self.sent: list[str] = []
        self.name = name
        self.message_obj = types.SimpleNamespace(group=None)
        self.hangs = asyncio.Event()
        self.extras: dict[str, Any] = {}
        self.slow = False

    def get_sender_id(self) -> str:
        return self.sender

    def get_self_id(self) -> str:
        return "10000"

    def get_group_id(self) -> str:
        return self.group

    def get_platform_id(self) -> str:
        return "qq"

    def get_platform_name(self) -> str:
        return "aiocqhttp"

    def get_sender_name(self) -> str:
        return self.name

    async def get_group(self) -> Any:
        return types.SimpleNamespace(group_name=f"group {self.group}")

    def is_admin(self) -> bool:
        return self.role == "admin"

    def get_extra(self, key: str) -> Any:
        return self.extras.get(key)

    def set_extra(self, key: str, value: Any) -> None:
        self.extras[key] = value

    def get_message_str(self) -> str:
        return self.text

    def get_messages(self) -> list[Any]:
        return list(self.parts)

    def plain_result(self, text: str) -> str:
        return text

    async def send(self, chain: Any) -> None:
        self.sent.append(chain.get_plain_text())
        if self.slow:
            await self.hangs.wait()

    async def send_streaming(self, chains: AsyncIterator[Any], _fallback: bool) -> None:
        async for chain in chains:
            await self.send(chain)


async def opened(tmp_path: Path, gateway: Gateway, context: Any = None, **config: Any) -> Commands:
    folder = tmp_path / "star"
    if not folder.exists():
        star_in(tmp_path)
    settings = Settings.read({**gateway.config, "users": ["*"], "groups": ["*"], **config})
    engine = Engine(settings, folder, tmp_path / "data")
    await engine.start()
    assert engine.problem is None
    return Commands(context or types.SimpleNamespace(), settings, engine, tmp_path / "data")


async def say(commands: Commands, event: Event) -> list[str]:
    """All that comes back, in order."""
    async for result in commands.handle(event):
        event.sent.append(result)
    return event.sent


async def until(condition: Any) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
