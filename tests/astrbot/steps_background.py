"""Steps: tasks that no message waits for, and AstrBot's own model, which delegates."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from model import PONG
from stage import ADMIN, STRANGER, USER

if TYPE_CHECKING:
    from stage import Stage

#: What AstrBot's tools may take here, in seconds. The model stops waiting after half of it.
TOOL_LIMIT = 4

CHAT = f"private:{USER}"


def delegated(task: str, **more: Any) -> str:
    """A message that makes AstrBot's own model delegate."""
    return f"MAGIC_TOOL=delegate_to_openclaw{json.dumps({'task': task, **more}, ensure_ascii=False)}"


class BackgroundSteps:
    """The steps; `play` runs them. AstrBot's chat model is its own."""

    def __init__(self, stage: Stage) -> None:
        self.s = stage

    async def before_a_kill(self) -> tuple[int, str, str, str]:
        """A task in each state that a kill can meet: how many messages there were, and the ids of one that has ended and
        was not told, of one that runs and of one that waits."""
        ended = await self.undelivered("MAGIC_LAST 没送到的")
        since, running = await self.hold()
        waiting = await self.begin("MAGIC_LAST 还在等的")
        return since, ended, running, waiting

    async def after_a_kill(self, since: int, ended: str, running: str, waiting: str) -> None:
        """Nothing is lost, and nothing runs or is told twice."""
        told = (
            f"✅ 后台任务 {ended} 已完成",
            "没送到的",
            f"⚠️ 后台任务 {running} 已中断",
            f"✅ 后台任务 {waiting} 已完成",
            "还在等的",
        )
        text = await self.s.qq.until(CHAT, since, told)
        assert all(text.count(words) == 1 for words in told if "后台任务" in words), text
        await self.s.qq.ask(USER, "/助手 任务", (f"{running} ⚠️中断", f"{waiting} ✅完成", f"{ended} ✅完成"))

    async def play(self) -> None:
        """All of them; settings are put back at the end."""
        step = self.s.steps.run
        await step("background: an id at once, the result later; listed, shown, cancelled", self.background)
        await step("background: a platform that refuses the result, which is then shown", self.refused)
        await step("background: delegation, for whom and at which level", self.offered)
        await step("background: AstrBot's model delegates, keeps talking, and the chat gets the result", self.delegates)
        if self.s.new:
            await step("background: /stop ends what was delegated", self.stopped)
        await step("background: what takes longer than AstrBot's tool limit goes on", self.longer)

    async def begin(self, text: str) -> str:
        """Begins a background task; its id."""
        told = await self.s.qq.ask(USER, f"/助手 后台 {text}", "编号")
        return re.search(r"编号 (\d+)", told)[1]

    async def hold(self) -> tuple[int, str]:
        """Begins one that is held."""
        self.s.model.release()
        since = len(self.s.qq.sent)
        number = await self.begin("MAGIC_HOLD")
        await asyncio.wait_for(self.s.model.held.wait(), 60)
        return since, number

    async def background(self) -> None:
        qq = self.s.qq
        since, first = await self.hold()
        second, third = await self.begin("第二个"), await self.begin("第三个")
        listed = await qq.ask(USER, "/助手 任务", third)
        assert f"{first} ▶️运行" in listed and listed.count("⏳等待") == 2, listed
        await qq.ask(USER, f"/助手 取消 {second}", "已请求取消")
        await qq.ask(USER, "/助手 取消", f"后台任务不受影响：{first}、{third}")
        self.s.model.release()
        await qq.until(CHAT, since, (f"✅ 后台任务 {first} 已完成", "门后", f"✅ 后台任务 {third} 已完成", PONG))
        await qq.ask(USER, f"/助手 任务 {first}", "门后")
        await qq.ask(USER, f"/助手 任务 {second}", "取消")
        # Nobody else sees it.
        await qq.ask(ADMIN, "/助手 任务", "没有后台任务")
        await qq.ask(ADMIN, "/助手 全部任务", (first, f"fakeqq:{USER}"))
        _, running = await self.hold()
        await qq.ask(USER, f"/助手 取消 {running}", "已请求取消")
        await self.listed(f"{running} 🚫取消")
        await self.forget()

    async def forget(self) -> None:
        """After one that was cancelled, as in `TaskSteps.cancel`."""
        self.s.model.release()
        await self.s.idle()
        await self.s.qq.ask(USER, "/助手 会话重置", "新的会话")

    async def undelivered(self, text: str) -> str:
        """Begins one whose result the platform refuses, for as long as `QQ.refused` is set."""
        self.s.qq.refused = "✅ 后台任务"
        number = await self.begin(text)
        await self.listed(f"{number} 📭未送达")
        return number

    async def listed(self, words: str) -> None:
        """Until the list of tasks has these words: nothing is sent at that moment."""
        for _ in range(100):
            if words in (told := await self.s.qq.ask(USER, "/助手 任务", "后台任务")):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{words!r} is not in {told!r}")

    async def refused(self) -> None:
        qq = self.s.qq
        try:
            number = await self.undelivered("你好")
            await qq.ask(USER, f"/助手 任务 {number}", PONG)
            await qq.ask(USER, "/助手 任务", f"{number} ✅完成")
        finally:
            qq.refused = ""

    async def offered(self) -> None:
        await self.s.qq.ask(STRANGER, delegated("x"), "没有工具 delegate_to_openclaw")
        await self.s.astr.configure(delegation=False)
        await self.s.qq.ask(USER, delegated("x"), "没有工具 delegate_to_openclaw")
        await self.s.astr.configure(delegation=True)
        text = await self.s.qq.ask(USER, delegated("MAGIC_LAST 委派的任务"), "工具说：")
        assert "委派的任务" in text and "✅完成" in text, text
        lines = (self.s.astr.plugin_data / "audit.jsonl").read_text("utf-8").splitlines()
        line = [line for line in map(json.loads, lines) if line["door"] == "background"][-1]
        assert (line["who"], line["level"], line["outcome"]) == (f"fakeqq:{USER}", "L1", "completed"), line

    async def delegates(self) -> None:
        qq = self.s.qq
        self.s.model.release()
        since = await qq.say(USER, delegated("MAGIC_HOLD", background=True))
        told = await qq.until(CHAT, since, ("工具说：", "编号"))
        await asyncio.wait_for(self.s.model.held.wait(), 60)
        # Its own model, while OpenClaw works.
        await qq.ask(USER, "在吗", PONG)
        number = re.search(r"编号 (\d+)", told)[1]
        await qq.ask(USER, f'MAGIC_TOOL=openclaw_task{{"id": {number}}}', ("工具说：", "运行"))
        self.s.model.release()
        await qq.until(CHAT, since, (f"✅ 后台任务 {number} 已完成", "门后"))
        await qq.ask(USER, f'MAGIC_TOOL=openclaw_task{{"id": {number}}}', ("工具说：", "门后"))

    async def stopped(self) -> None:
        self.s.model.release()
        await self.s.qq.say(USER, delegated("MAGIC_HOLD"))
        await asyncio.wait_for(self.s.model.held.wait(), 60)
        listed = await self.s.qq.ask(USER, "/助手 任务", "▶️运行")
        number = re.search(r"(\d+) ▶️运行", listed)[1]
        await self.s.qq.say(USER, "/stop")
        await self.listed(f"{number} 🚫取消")
        await self.forget()

    async def longer(self) -> None:
        qq = self.s.qq
        before = await self.limit(TOOL_LIMIT)
        try:
            self.s.model.release()
            since = await qq.say(USER, delegated("MAGIC_HOLD"))
            told = await qq.until(CHAT, since, ("工具说：", "转入后台"))
            number = re.search(r"任务 (\d+)", told)[1]
            await qq.ask(USER, "/助手 任务", f"{number} ▶️运行")
            self.s.model.release()
            await qq.until(CHAT, since, (f"✅ 后台任务 {number} 已完成", "门后"))
        finally:
            await self.limit(before)

    async def limit(self, seconds: int) -> int:
        """Sets what AstrBot's tools may take, as its dashboard does; what it was before."""
        config = (await self.s.astr.get("config/abconf", id="default"))["data"]["config"]
        place = config["agent_runner"]["config"]["misc"] if self.s.new else config["provider_settings"]
        before, place["tool_call_timeout"] = place["tool_call_timeout"], seconds
        await self.s.astr.post("config/astrbot/update", {"conf_id": "default", "config": config})
        return before
