"""Steps: what goes wrong, and what outlives it."""

from __future__ import annotations

import asyncio
import json
import time

from model import PONG
from openclaw import Relay
from stage import ADMIN, STRANGER, TOKEN, USER, Stage
from steps_background import BackgroundSteps
from steps_chat import GRACE


class LifeSteps(Stage):
    """Faults, reloads and restarts."""

    async def wrong_token(self) -> None:
        await self.astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        text = await self.qq.ask(ADMIN, "/助手 诊断", ("auth_failed", "原因", "办法"))
        assert "wrong-token" not in text
        for _ in range(2):
            await self.qq.ask(ADMIN, "/助手 你好", ("auth_failed", "令牌"))
        await self.qq.ask(ADMIN, "/助手 你好", ("circuit_open", "秒后重试"))
        await self.qq.ask(ADMIN, "/助手 状态", ("打开（暂停请求）", "连续失败 2 次"))
        # A reload is no way around it.
        await self.astr.reload()
        await self.qq.ask(ADMIN, "/助手 状态", ("打开（暂停请求）", "连续失败 2 次"))
        await self.qq.ask(ADMIN, "/助手 你好", "circuit_open")
        await self.qq.ask(USER, "/助手 熔断复位", "只有管理员")
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")
        await self.qq.ask(ADMIN, "/助手 状态", "关闭（正常）")
        await self.astr.configure(gateway_bearer_token=TOKEN)

    async def killed(self) -> None:
        async with Relay(self.gateway.port) as relay:
            await self.astr.configure(gateway_primary_url=relay.url)
            since = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
            await relay.until("等待")
            self.gateway.kill()
            await self.qq.until(f"private:{ADMIN}", since, ("stream_interrupted", "门前", "原因", "办法"))
        self.model.release()
        await self.astr.configure(gateway_primary_url=self.gateway.url)
        await self.qq.ask(ADMIN, "/助手 你好", "network_or_unreachable")
        await self.qq.ask(ADMIN, "/助手 诊断", ("network_or_unreachable", "❌"))
        await self.gateway.start()
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")
        # Newer gateways put the words that were never answered before the next: MAGIC_HOLD again.
        await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        await self.qq.ask(ADMIN, "/助手 你好", PONG, seconds=120)

    async def sessions(self) -> None:
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 记住甲", PONG)
        assert "记住甲" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 一", "MAGIC_ECHO 一")
        await self.qq.ask(ADMIN, "/助手 MAGIC_ECHO 二", "MAGIC_ECHO 二")
        assert "记住甲" not in self.qq.sent[-1].text, "two chats share a session"
        await self.astr.reload()
        assert "记住甲" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 三", "MAGIC_ECHO 三")
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        assert "记住甲" not in await self.qq.ask(USER, "/助手 MAGIC_ECHO 四", "MAGIC_ECHO 四")

    async def reloads(self) -> None:
        await self.qq.ask(USER, "/助手 记住乙", PONG)
        await self.astr.reload()
        await self.qq.ask(USER, "/助手 你好", PONG)
        counted = self.completed(await self.qq.ask(ADMIN, "/助手 状态", "累计"))
        before = self.astr.usage()
        for _ in range(5):
            await self.astr.reload()
            since = await self.qq.say(USER, "/助手 你好")
            await self.qq.until(f"private:{USER}", since, PONG)
            await asyncio.sleep(0.5)
            answers = [sent.text for sent in self.qq.sent[since:]]
            assert answers == [PONG], f"more than one answer: {answers}"
        after = self.astr.usage()
        print(f"     over five reloads: {before} → {after}", flush=True)
        assert after["threads"] <= before["threads"] + 2 and after["descriptors"] <= before["descriptors"] + 3
        assert after["kib"] - before["kib"] < 20 << 10, "memory grows with reloads"
        assert self.completed(await self.qq.ask(ADMIN, "/助手 状态", "累计")) == counted + 5
        assert "记住乙" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 五", "MAGIC_ECHO 五")

    async def status_page(self) -> None:
        from page import read_status_page

        await read_status_page(self)

    async def audit(self) -> None:
        text = (self.astr.plugin_data / "audit.jsonl").read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines and set(lines[0]) >= {"time", "door", "who", "session", "level", "outcome", "code", "seconds"}
        assert {"completed", "denied", "fault", "diagnose"} <= {line["outcome"] for line in lines}
        assert {"auth_failed", "cancelled", "stream_interrupted"} <= {line["code"] for line in lines}
        assert {"chat", "model"} <= {line["door"] for line in lines}
        assert f"fakeqq:{STRANGER}" in {line["who"] for line in lines}
        assert TOKEN not in text and "wrong-token" not in text and "记住" not in text and PONG not in text

    async def interrupt(self) -> None:
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 记住丁", PONG)
        self.counted = self.completed(await self.qq.ask(USER, "/助手 状态", "累计"))
        await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        before = len(self.astr.log())
        started = time.monotonic()
        status = await self.astr.stop()
        rest = self.astr.log()[before:]
        print(f"     it ended after {time.monotonic() - started:.1f} s with status {status}", flush=True)
        assert status in (0, 1, 130), f"status {status}"
        assert "panicked" not in rest and "Fatal Python error" not in rest, rest
        await self.qq.close()
        self.model.release()

    async def start_again(self) -> None:
        """After it has ended."""
        ended_at = len(self.astr.log())
        await self.astr.start()
        await self.qq.connect()
        await self.astr.login()
        # The port is open before the plugins are loaded.
        for _ in range(100):
            if "sha256:" in self.astr.log()[ended_at:]:
                break
            await asyncio.sleep(0.2)

    def audited(self) -> list[str]:
        """The audit log's lines."""
        return (self.astr.plugin_data / "audit.jsonl").read_text("utf-8").splitlines()

    async def kill(self, down: float = 0) -> None:
        """SIGKILL, and AstrBot is started again after so many seconds. No line of the audit log is lost."""
        before = self.audited()
        self.astr.kill()
        await self.qq.close()
        self.model.release()
        await asyncio.sleep(down)
        await self.start_again()
        assert self.audited()[: len(before)] == before

    async def killed_amid_a_task(self) -> None:
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 记住戊", PONG)
        line = json.loads(self.audited()[-1])
        assert (line["who"], line["outcome"]) == (f"fakeqq:{USER}", "completed"), "told before it is in the audit log"
        # The same as a chat model.
        await self.qq.ask(ADMIN, "记住己", PONG)
        background = BackgroundSteps(self)
        tasks = await background.before_a_kill()
        await self.qq.say(ADMIN, "/助手 在后面")
        since = await self.qq.say(USER, "/助手 定时 3秒后 MAGIC_LAST 错过我")
        await self.qq.until(f"private:{USER}", since, "已设定")
        await self.kill(down=3 + GRACE)
        self.qq.refused = ""
        await background.after_a_kill(*tasks)
        assert "记住己" in await self.qq.ask(ADMIN, "MAGIC_ECHO 九", "MAGIC_ECHO 九", seconds=120)
        assert "记住戊" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 八", "MAGIC_ECHO 八", seconds=120)
        await self.qq.until(f"private:{USER}", since, ("错过了", "未补跑"))
        assert not [text for text in self.model.texts() if "错过我" in text], "it was made up for"
        await self.qq.ask(USER, "/助手 定时", "没有定时任务")

    async def killed_with_an_open_breaker(self) -> None:
        await self.astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        for _ in range(2):
            await self.qq.ask(ADMIN, "/助手 你好", "auth_failed")
        await self.kill()
        await self.qq.ask(ADMIN, "/助手 状态", ("打开（暂停请求）", "连续失败 2 次"))
        await self.qq.ask(ADMIN, "/助手 你好", "circuit_open")
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")
        await self.astr.configure(gateway_bearer_token=TOKEN)

    async def restart(self) -> None:
        await self.start_again()
        status = await self.qq.ask(ADMIN, "/助手 状态", ("运行 0", "等待 0"))
        assert self.completed(status) == self.counted, status
        assert "记住丁" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 七", "MAGIC_ECHO 七")
        await self.qq.ask(ADMIN, "还在吗", PONG)
        status = await self.qq.ask(ADMIN, "/助手 状态", "累计")
        assert self.completed(status) == self.counted + 2, "the chat model is not the plugin's any more"
        listed = await self.qq.ask(ADMIN, "/provider", "openclaw")
        assert len([line for line in listed.splitlines() if "openclaw" in line]) == 1, listed

    async def no_token(self) -> None:
        for path in [self.astr.log_path, *self.astr.data.rglob("*.log"), *self.astr.plugin_data.rglob("*.json*")]:
            try:
                text = path.read_text("utf-8", "replace")
            except FileNotFoundError:  # Put into another file's place meanwhile.
                continue
            for token in (TOKEN, "wrong-token-for-the-scenario", "zz secret with spaces"):
                # AstrBot itself writes changed settings into its log at DEBUG.
                lines = [line for line in text.splitlines() if token in line]
                assert not lines, f"{path}: {lines[0][:300]}"
