"""OpenClaw as AstrBot's chat model: each step with AstrBot's streaming off and on."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from astr import ROOT
from model import PONG

sys.path.insert(0, str(ROOT / "host-shim/python/tests"))

import gateway as scripted

if TYPE_CHECKING:
    from scenario import Scenario

#: As the dashboard's "add a model" writes it.
PROVIDER: dict[str, Any] = {
    "id": "openclaw",
    "provider": "openclaw",
    "type": "openclaw",
    "provider_type": "chat_completion",
    "enable": True,
    "key": [],
    "model": "openclaw",
    "model_config": {"model": "openclaw"},
}


class ModelSteps:
    """The steps; `ADMIN` talks to the model."""

    def __init__(self, scenario: Scenario, admin: int, user: int) -> None:
        self.s = scenario
        self.admin, self.user = admin, user

    async def play(self) -> None:
        """All of them, with streaming off and on. AstrBot's own setting is put back at the end."""
        step = self.s.steps.run
        await step("OpenClaw as AstrBot's chat model", self.chosen)
        for streaming in (False, True):
            how = f", streaming {'on' if streaming else 'off'}"
            await step("chat model: a talk" + how, self.streamed(streaming, self.talk))
            await step("chat model: conversations do not meet" + how, self.streamed(streaming, self.conversations))
            await step(
                "chat model: callers without a session do not meet" + how, self.streamed(streaming, self.summaries)
            )
            await step("chat model: its tools run in AstrBot" + how, self.streamed(streaming, self.tools))
            await step("chat model: calls of one round run together" + how, self.streamed(streaming, self.parallel))
            await step(
                "chat model: a tool that answers the user ends the turn" + how, self.streamed(streaming, self.said)
            )
            await step("chat model: a tool that asks the model itself" + how, self.streamed(streaming, self.nested))
        await step("chat model: a wrong token is reported", self.wrong_token)

    def streamed(self, streaming: bool, body: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step in a conversation of its own, with AstrBot's streaming as wanted."""

        async def run() -> None:
            await self.set_streaming(streaming)
            self.conversation = await self.begin()
            try:
                await body()
            finally:
                await self.set_streaming(False)

        return run

    async def begin(self) -> str:
        """Another conversation; what older versions call it."""
        told = await self.ask("/new", "conversation" if self.s.new else "新对话(")
        return told.partition("新对话(")[2].partition(")")[0]

    async def set_streaming(self, streaming: bool) -> None:
        """AstrBot's own setting, changed as its dashboard does."""
        config = (await self.s.astr.get("config/abconf", id="default"))["data"]["config"]
        if config["provider_settings"]["streaming_response"] != streaming:
            config["provider_settings"]["streaming_response"] = streaming
            await self.s.astr.post("config/astrbot/update", {"conf_id": "default", "config": config})

    async def ask(self, text: str, words: Any, user: int | None = None) -> str:
        return await self.s.qq.ask(user or self.admin, text, words, seconds=90)

    async def chosen(self) -> None:
        # What the dashboard's "add a model" offers.
        assert '"openclaw"' in json.dumps(await self.s.astr.get("config/get")), "the adapter is not on offer"
        before = len(self.s.model.calls)
        # It was configured before the plugin was installed: loaded, and once.
        listed = await self.ask("/provider", "openclaw")
        assert len([line for line in listed.splitlines() if "openclaw" in line]) == 1, listed
        await self.ask("/provider 2", "openclaw")
        calls = [call for call in self.s.model.calls[before:] if "OpenClaw" in json.dumps(call["messages"])]
        assert not calls, "AstrBot's test of the model cost a model call"

    async def talk(self) -> None:
        before = self.s.completed(await self.ask("/助手 状态", "累计"))
        await self.ask("你是谁", PONG)
        # Streamed, the words are there before the turn has ended.
        await self.s.idle()
        after = self.s.completed(await self.ask("/助手 状态", "累计"))
        assert after == before + 1, "the talk did not go through the plugin"
        assert "记住丙" in await self.s.remembered()

    async def conversations(self) -> None:
        async def first() -> None:
            assert "记住丙" in await self.ask("MAGIC_ECHO 六", "MAGIC_ECHO 六")

        await self.ask("记住丙", PONG)
        await first()
        await self.begin()
        await self.ask("记住戊", PONG)
        second = await self.ask("MAGIC_ECHO 七", "MAGIC_ECHO 七")
        assert "记住戊" in second and "记住丙" not in second, second
        if not self.s.new:  # Newer ones switch in the dashboard only.
            listed = await self.ask("/ls", f"({self.conversation})")
            line = next(line for line in listed.splitlines() if f"({self.conversation})" in line)
            await self.ask(f"/switch {line.split('.')[0]}", "切换到对话")
            again = await self.ask("MAGIC_ECHO 八", "MAGIC_ECHO 八")
            assert "记住丙" in again and "记住戊" not in again, again

    async def summaries(self) -> None:
        for user, secret in ((self.admin, "secret-of-one"), (self.user, "secret-of-two")):
            before = len(self.s.model.calls)
            await self.ask(f"/scenario_summary {secret}", "总结完毕：", user)
            calls = [json.dumps(call["messages"]) for call in self.s.model.calls[before:]]
            assert any(secret in call for call in calls), "the contexts were not sent"
            other = "secret-of-two" if secret.endswith("one") else "secret-of-one"
            assert not any(other in call for call in calls), "two callers have met"

    async def scripted(self, body: Callable[[scripted.Gateway], Awaitable[None]]) -> None:
        """With a gateway that offers client tools, which 2026.2.9 never does."""
        with scripted.Gateway() as gateway:
            try:
                await self.s.astr.configure(gateway_primary_url=gateway.url, gateway_bearer_token=scripted.TOKEN)
                await body(gateway)
                await self.s.idle()
            finally:
                await self.s.set_right()

    async def tools(self) -> None:
        async def body(gateway: scripted.Gateway) -> None:
            await self.ask("tool astrbot_scenario_time {}", "42 o'clock")
            assert gateway.requests[-1]["input"][-1]["type"] == "function_call_output", "the turn was not resumed"
            assert "cancel" not in self.last_outcome(), self.last_outcome()
            await self.ask("again astrbot_nothing", "not offered")
            # It would ask itself.
            assert "delegate_to_openclaw" not in json.dumps(gateway.requests[-1]["tools"])

        if self.s.new:
            text = await self.ask("MAGIC_TOOL=astrbot_scenario_time", "工具说：")
            assert "42 o'clock" in text, text
        await self.scripted(body)

    def last_outcome(self) -> str:
        """How the chat model's last request ended, as the audit log tells."""
        lines = (self.s.astr.plugin_data / "audit.jsonl").read_text("utf-8").splitlines()
        line = [line for line in map(json.loads, lines) if line["door"] == "model"][-1]
        return f"{line['outcome']} {line['code']}"

    async def parallel(self) -> None:
        async def body(gateway: scripted.Gateway) -> None:
            await self.ask("tools astrbot_scenario_time 3", "42 o'clock\n42 o'clock\n42 o'clock")
            assert len(gateway.requests) == 2, "the calls were handed out one by one"

        await self.scripted(body)

    async def said(self) -> None:
        async def body(_: scripted.Gateway) -> None:
            await self.ask("tool astrbot_scenario_say {}", "工具直接回复")
            await self.s.idle()
            await self.ask("还在吗", "还在吗")

        await self.scripted(body)

    async def nested(self) -> None:
        async def body(gateway: scripted.Gateway) -> None:
            await self.ask("tool astrbot_scenario_ask {}", "内层：内层的问题")
            assert gateway.most_running == 1

        await self.scripted(body)

    async def wrong_token(self) -> None:
        await self.s.astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        await self.ask("你是谁", "auth_failed")
        await self.ask("/助手 状态", "连续失败 1 次")
        await self.s.set_right()
        await self.ask("还在吗", PONG)
