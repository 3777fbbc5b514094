"""Steps: files that the agent made in its workspace reach the chat, and nothing else does."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

from onebot import SentFile
from stage import ADMIN, USER
from steps_tasks import png

if TYPE_CHECKING:
    from stage import Stage

CHAT = f"private:{ADMIN}"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


class FileSteps:
    """The steps; `play` runs them."""

    def __init__(self, stage: Stage) -> None:
        self.s = stage

    async def play(self) -> None:
        """All of them; settings are put back at the end."""
        step = self.s.steps.run
        await step("files: a picture and a document reach the chat, of a background task too", self.arrive)
        await step("files: what is no file of the workspace is refused in one line", self.refused)

    def sends(self, path: str) -> str:
        """A task that makes the agent send this file: by a tool, or by a line where the gateway offers no tools."""
        return f"MAGIC_TOOL=send_file{json.dumps({'path': path})}" if self.s.new else f"MAGIC_FILE={path}"

    async def arrive(self) -> None:
        out = self.s.gateway.workspace / "out"
        out.mkdir(parents=True, exist_ok=True)
        (out / "chart.png").write_bytes(png())
        (out / "report.pdf").write_bytes(PDF)
        if not self.s.new:
            # The newer gateway hands them out itself: nothing of its disk is shared with AstrBot.
            await self.s.astr.configure(workspace=str(self.s.gateway.workspace))
        qq = self.s.qq
        del qq.files[:]
        for name, text in (("chart.png", "<image>"), ("report.pdf", "<file>")):
            await qq.ask(ADMIN, f"/助手 {self.sends(f'out/{name}')}", text)
        await qq.ask(ADMIN, f"/助手 后台 {self.sends('out/report.pdf')}", ("✅ 后台任务", "<file>"))
        document = SentFile(CHAT, "report.pdf", PDF)
        assert qq.files == [SentFile(CHAT, "", png()), document, document], qq.files
        for _ in range(100):
            if not list((self.s.astr.plugin_data / "outgoing").iterdir()):
                break
            await asyncio.sleep(0.1)  # It is removed once the platform has answered.
        else:
            raise AssertionError("files are left behind")
        # Below the level that may.
        await qq.ask(USER, f"/助手 {self.sends('out/chart.png')}", "级" if not self.s.new else "没有工具 send_file")
        assert len(qq.files) == 3

    async def refused(self) -> None:
        workspace = self.s.gateway.workspace
        (workspace / "out").mkdir(parents=True, exist_ok=True)
        (workspace / "link.json").unlink(missing_ok=True)
        os.symlink(workspace.parent / "openclaw.json", workspace / "link.json")
        before = len(self.s.qq.files)
        for path in ("../openclaw.json", str(workspace.parent / "openclaw.json"), "link.json", "out", "out/none.png"):
            told = await self.s.qq.ask(ADMIN, f"/助手 {self.sends(path)}", ("ℹ️", path))
            lines = [line for line in told.splitlines() if line.startswith("ℹ️") and path in line]
            assert len(lines) == 1, told
        assert len(self.s.qq.files) == before, self.s.qq.files[before:]
        if not self.s.new:
            await self.s.astr.configure(workspace="")
