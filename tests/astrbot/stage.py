"""What the steps of the scenario share: everything that runs, and what brings it back in order."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import zipfile
from pathlib import Path

from astr import PLUGIN, AstrBot
from left import TOKEN as TOKEN
from left import leave
from model import PONG, Model
from onebot import QQ
from openclaw import OpenClaw
from steps import Steps

ADMIN, USER, STRANGER = 10001, 10002, 10003


class Stage:
    """Everything that runs. `Scenario.run` starts it."""

    model: Model
    gateway: OpenClaw
    astr: AstrBot
    qq: QQ

    def __init__(self, options: argparse.Namespace) -> None:
        self.new = options.new
        self.zip: Path = options.zip
        self.steps = Steps("AstrBot 4.29" if self.new else "AstrBot 4.14", options.only)

    def leave(self) -> None:
        """Everything AstrBot wrote and what the chat saw, for tests/canary."""
        name = "astrbot-4.29" if self.new else "astrbot-4.14"
        leave(f"{name}/log", self.astr.log())
        leave(f"{name}/chat", repr(self.qq.sent))
        leave(f"{name}/data", self.astr.data)

    async def set_right(self) -> None:
        """The settings as the steps expect them, nothing held, nothing open."""
        self.model.release()
        if not self.gateway.alive():
            await self.gateway.start()
        if not self.astr.alive():
            return
        await self.astr.configure(
            gateway_primary_url=self.gateway.url,
            gateway_bearer_token=TOKEN,
            user_level="L1",
            streaming="auto",
            tell_refused=False,
            limits={"heavy_floor_mib": 512, "breaker_open_seconds": 60},
        )
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")

    async def hold(self, user: int, text: str) -> int:
        """Says something whose answer is held back. Returns as `QQ.say` does, once it is held."""
        # A gateway that was killed may have begun the same again by itself.
        self.model.release()
        since = await self.qq.say(user, text)
        await asyncio.wait_for(self.model.held.wait(), 60)
        return since

    async def idle(self) -> None:
        for _ in range(20):
            if "运行 0" in await self.qq.ask(ADMIN, "/助手 状态", "运行"):
                return
            await asyncio.sleep(0.5)
        raise AssertionError("the turn goes on")

    async def remembered(self) -> str:
        """What the gateway's session of the talk holds."""
        await self.qq.ask(ADMIN, "记住丙", PONG)
        return await self.qq.ask(ADMIN, "MAGIC_ECHO 六", "MAGIC_ECHO 六")

    @staticmethod
    def completed(status: str) -> int:
        """The number of turns that were completed, as the status tells."""
        return int(status.split("完成 ")[1].split("，")[0])

    def shipped_hash(self) -> str:
        return hashlib.sha256(zipfile.ZipFile(self.zip).read(f"{PLUGIN}/openclaw_plugin.wasm")).hexdigest()
