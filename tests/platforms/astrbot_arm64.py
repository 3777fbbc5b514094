#!/usr/bin/env python3
"""The plugin in a real AstrBot for aarch64 under qemu: its zip is installed as a user does, and QQ gets an answer.

    PYTHON tests/platforms/astrbot_arm64.py ZIP

PYTHON needs aiohttp: the one of the environment of tests/setup/astrbot.sh has it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "astrbot"))

from astr import QQ_TOKEN, ROOT, AstrBot, Skipped, _copy
from model import Model
from onebot import QQ
from proof import gateway_for, leave
from steps import Steps

ADMIN = 10001
#: Seconds for what takes a few on a real machine.
LIMIT = 1200


class EmulatedAstrBot(AstrBot):
    """The newest AstrBot, in the root for aarch64."""

    async def prepare(self) -> None:
        done = await asyncio.to_thread(
            subprocess.run, [ROOT / "tests/setup/arm64-astrbot-root.sh"], capture_output=True, text=True
        )
        if done.returncode == 77:
            raise Skipped(done.stderr.strip().splitlines()[-1])
        assert done.returncode == 0, done.stderr[-2000:]
        self._root = Path(done.stdout.strip())
        self._inside = f"/srv/run-{self.folder.name}"
        await _copy(self._root / "srv/v", Path(f"{self._root}{self._inside}/v"))
        self._write_config()

    def _command(self, *python: str) -> tuple[list[str], dict[str, str]]:
        command, environment = super()._command(*python)
        # Behind the folder to change to come the variables and the program.
        at = next(n for n, word in enumerate(command) if word.startswith("--chdir="))
        inside = f"{self._inside}/work"
        words = [word.replace(inside, "/srv/work") for word in command[at + 1 :]]
        return [str(ROOT / "tests/setup/emulated.sh"), str(self._root), str(self.folder), "env", *words], environment


class Scenario:
    """The steps in their order."""

    def __init__(self, archive: Path) -> None:
        self.zip = archive
        self.steps = Steps("AstrBot 4.29 on aarch64")

    async def run(self) -> int:
        async with Model() as model:
            self.astr = EmulatedAstrBot(new=True, model_url=model.url)
            self.qq = QQ(self.astr.qq_port, QQ_TOKEN)
            self.steps.log = self.astr.log
            with gateway_for("astrbot-arm64") as self.gateway:
                try:
                    await self.play()
                finally:
                    await self.qq.close()
                    leave("astrbot-arm64/log", self.astr.log())
                    leave("astrbot-arm64/chat", repr(self.qq.sent))
                    await self.astr.close()
        return self.steps.summary()

    async def play(self) -> None:
        try:
            await self.astr.prepare()
        except Skipped as why:
            self.steps.skip("all of it", str(why))
            return
        for what, step in (
            ("it starts", self.start),
            ("the zip installs with its own wheel and nothing else", self.install),
            ("a turn over OneBot", self.turn),
            ("diagnosis and status", self.status),
            ("SIGINT ends it", self.interrupt),
        ):
            if not await self.steps.run(what, step, LIMIT):
                return

    async def start(self) -> None:
        await self.astr.start()
        await self.qq.connect(LIMIT)
        await self.astr.login()

    async def install(self) -> None:
        await self.astr.install(self.zip)
        await self.astr.configure(gateway_primary_url=self.gateway.url, gateway_bearer_token=self.gateway.token)

    async def turn(self) -> None:
        since = await self.qq.say(ADMIN, "/助手 你好，aarch64")
        print("     QQ was sent:", await self.qq.until(f"private:{ADMIN}", since, "你好，aarch64", LIMIT), flush=True)
        assert any("你好，aarch64" in text for text in self.gateway.texts()), self.gateway.texts()

    async def status(self) -> None:
        since = await self.qq.say(ADMIN, "/助手 状态")
        told = await self.qq.until(f"private:{ADMIN}", since, ("关闭（正常）", "MiB", "sha256:"), LIMIT)
        print("     " + told.replace("\n", "\n     "), flush=True)

    async def interrupt(self) -> None:
        await self.astr.stop(120)


def main() -> int:
    """See the module's docstring."""
    return asyncio.run(Scenario(Path(sys.argv[1])).run())


if __name__ == "__main__":
    sys.exit(main())
