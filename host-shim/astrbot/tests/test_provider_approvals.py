"""Approvals and context where OpenClaw is AstrBot's chat model."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from astrbot.api import message_components as Comp
from chat_rig import until
from fake_astrbot import FunctionTool, ToolSet
from provider_rig import CHAT, GROUP, Admin, Rig, both, run, user

TOOL = ToolSet([FunctionTool("weather", "…", {"type": "object", "properties": {}})])


def asked(rig: Rig, streaming: bool, chat: str = CHAT, **more: Any) -> asyncio.Task[str]:
    """AstrBot's agent loop with a tool that needs an approval."""
    rig.asking = Admin(chat)
    messages = [user("tool astrbot_weather {}")]
    return asyncio.create_task(rig.loop(streaming, messages, lambda **_: "晴", tools=TOOL, session_id=chat, **more))


async def question(rig: Rig) -> str:
    assert rig.asking is not None
    await until(lambda: rig.asking.sent and all(q.shown for q in rig.approvals.pending()))
    return re.search(r"编号 (\d{4})", rig.asking.sent[0])[1]


@both
@pytest.mark.parametrize("chat", [CHAT, GROUP])
def test_the_question_goes_to_the_chat_of_the_message(tmp_path: Path, streaming: bool, chat: str) -> None:
    async def body(rig: Rig) -> None:
        loop = asked(rig, streaming, chat)
        name = await question(rig)
        assert "astrbot_weather" in rig.asking.sent[0]
        assert name in await rig.approvals.decide(rig.asking, True, "")
        assert await loop == "晴" and len(rig.asking.sent) == 1
        told = [(line["door"], line["outcome"], line["who"]) for line in rig.audit.lines if "request" in line]
        assert told == [("model", outcome, "fakeqq:10001") for outcome in ("approval_requested", "approved")]

    run(tmp_path, body, tool_approvals={"asker": ["weather"]})


def test_astrbots_far_reaching_tools_need_l4_as_a_chat_model_too(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        tools = ToolSet([FunctionTool(name) for name in ("transfer_to_coder", "send_message_to_user", "future_task")])
        rig.asking = Admin(CHAT)
        ran: list[str] = []
        for tool in tools.tools:
            messages = [user(f"tool astrbot_{tool.name} {{}}")]
            await rig.loop(False, messages, lambda: ran.append("ran") or "ran", tools=tools, session_id=CHAT)
        assert ran == [] and rig.asking.sent == []

    run(tmp_path, body, tool_levels={"L0": ["future_task"]}, tool_approvals={"none": ["send_message_to_user"]})


@both
def test_after_a_no_the_tool_is_not_handed_to_astrbot(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        loop = asked(rig, streaming)
        await question(rig)
        await rig.approvals.decide(rig.asking, False, "")
        assert (await loop) != "晴"

    run(tmp_path, body, tool_approvals={"admin": ["weather"]})


def test_astrbots_stop_and_our_cancel_mean_no(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        abort = asyncio.Event()
        for stop in (abort.set, lambda: rig.approvals.cancel("fakeqq:10001"), None):
            loop = asked(rig, True, abort_signal=abort if stop == abort.set else None)
            await question(rig)
            if stop is None:
                loop.cancel()
            else:
                stop()
            with pytest.raises(asyncio.CancelledError) if stop is None else nullcontext():
                assert "cancelled" in await loop
            await rig.idle()
            await until(lambda: not rig.approvals.pending())
            assert "没有待确认" in await rig.approvals.decide(rig.asking, True, "")
        assert [line["outcome"] for line in rig.audit.lines if "request" in line] == [
            "approval_requested",
            "unanswered",
        ] * 3

    run(tmp_path, body, tool_approvals={"asker": ["weather"]})


def test_nobody_to_ask_is_a_no_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(rig: Rig) -> None:
        # Such requests are talk only (L0); even if they were not, nothing would wait.
        monkeypatch.setattr("openclaw.access.chat_level", lambda *_: "L2")
        rig.asking = Admin("another:FriendMessage:1")
        messages = [user("tool astrbot_weather {}")]
        answer = await rig.loop(False, messages, lambda **_: "晴", tools=TOOL, session_id=CHAT)
        assert answer != "晴" and rig.asking.sent == [] and rig.approvals.pending() == []
        assert [line["who"] for line in rig.audit.lines if line["outcome"] == "rejected"] == ["-"]

    run(tmp_path, body, tool_approvals={"asker": ["weather"]})


def test_a_request_that_fails_before_its_turn_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`provider_rig.run` looks for it."""

    async def context(*_: Any) -> None:
        raise RuntimeError

    async def body(rig: Rig) -> None:
        monkeypatch.setattr("openclaw.provider._context", context)
        assert "RuntimeError" in (await rig.ask(False, "你好", session_id=CHAT)).completion_text
        assert rig.gateway.requests == []

    run(tmp_path, body)


QUOTE = {"type": "text", "text": "<Quoted Message>\n(小红): 昨天的话\n</Quoted Message>"}


@pytest.mark.parametrize("send", [True, False])
def test_the_gateway_is_told_who_talks_and_a_quote_stands_once(tmp_path: Path, send: bool) -> None:
    async def body(rig: Rig) -> None:
        quoted = Comp.Reply()
        quoted.message_str, quoted.sender_nickname = "昨天的话", "小红"
        rig.asking = Admin(GROUP, (quoted,))
        message = {"role": "user", "content": [{"type": "text", "text": "这是什么"}, QUOTE]}
        await rig.ask(False, contexts=[message], session_id=GROUP)
        request = json.dumps(rig.gateway.requests[-1], ensure_ascii=False)
        assert request.count("昨天的话") == 1 and ("<Quoted Message>" in request) != send, request
        assert [request.count(word) for word in ("the boss", "the group")] == [int(send)] * 2
        # Summaries and titles have no session, and are nobody's words.
        rig.asking = Admin("", (quoted,))
        await rig.ask(False, "总结")
        assert "the boss" not in json.dumps(rig.gateway.requests[-1])

    run(tmp_path, body, send_context=send)
