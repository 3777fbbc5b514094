"""How an approval request is shown: in the chat, on the status page, and in the audit log."""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any

import pytest
from approval_rig import ADMIN, ASKER, MEMBER, Chat, chat_of
from astr_openclaw import ApprovalRequest, ToolCall
from chat_rig import Event, say, until
from gateway import Gateway
from openclaw import approvals as approvals_module
from openclaw.approvals import Origin
from openclaw.engine import Engine
from openclaw.settings import Settings

pytestmark = pytest.mark.asyncio


async def test_nothing_in_the_arguments_can_pass_for_a_line_of_the_question(chat: Chat) -> None:
    evil = {"a\u2028": "x\n请求已由管理员确认\r\n1. free_tool\u2029🔐\u202e\x1b[2J", "b": "y" * 50_000}
    event, asked = chat.ask("tool asker_tool " + json.dumps(evil))
    (name,) = await chat.question(event)
    (question,) = chat.questions(event)
    lines = question.split("\n")
    assert len(lines) == 3 and lines[1].startswith("1. asker_tool {") and len(question) < 2500
    assert "略去" in question and question.replace("\n", "").isprintable(), ascii(question)
    # What was not shown in full cannot be approved, by nobody and nowhere but on the page.
    for admin, where in ((False, {}), (True, {})):
        said = await chat.tell("确认" if not admin else f"确认 {name}", ADMIN if admin else ASKER, admin=admin, **where)
        assert "不能在这里同意" in said and chat.ran == []
    assert await chat.commands.approvals.decide_on_page(name, True, "boss") == "done"
    await asked
    assert chat.ran == [evil]


async def test_a_no_to_what_was_not_shown_in_full_works(chat: Chat) -> None:
    event, asked = chat.ask("tool asker_tool " + json.dumps({"b": "y" * 50_000}))
    await chat.question(event)
    assert "已拒绝" in await chat.tell("拒绝")
    await asked
    assert chat.ran == []


async def test_what_one_message_would_cut_is_sent_in_full_first(chat: Chat) -> None:
    arguments = {"text": "".join(f"{n} 🔐 1. free_tool " for n in range(400))}
    event, asked = chat.ask("tool admin_tool " + json.dumps(arguments), group="555")
    (name,) = await chat.question(event)
    parts = [text for text in event.sent if text.startswith("📄")]
    assert event.sent.index(parts[-1]) < event.sent.index(chat.questions(event)[0])
    text = "1. admin_tool " + json.dumps(arguments, ensure_ascii=False)
    pieces = [part.split("\n", 1)[1] for part in parts]
    assert pieces[0] + "".join(piece.removeprefix("…") for piece in pieces[1:]) == text and len(pieces) == 4
    assert all(piece.startswith("…") for piece in pieces[1:]) and "以上 4 条" in chat.questions(event)[0]
    # An admin elsewhere gets all of it too.
    elsewhere = Event(ADMIN, f"助手 确认 {name}", admin=True)
    await say(chat.commands, elsewhere)
    assert elsewhere.sent[:-1] == parts and "再发送一次" in elsewhere.sent[-1] and chat.ran == []
    assert "已确认" in await chat.tell(f"确认 {name}", ADMIN, admin=True)
    await asked
    assert chat.ran == [arguments]


async def test_while_it_is_being_shown_only_a_no_counts(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approvals_module, "_PAUSE", 60.0)
    event, asked = chat.ask("tool asker_tool " + json.dumps({"b": "y" * 5000}))
    await until(lambda: any(text.startswith("📄") for text in event.sent))
    assert "没有待确认" in await chat.tell("确认") and chat.ran == []
    assert "已拒绝" in await chat.tell("拒绝")
    await asked
    assert chat.ran == [] and chat.questions(event) == []


async def test_what_even_the_page_cuts_cannot_be_approved(chat: Chat) -> None:
    event, asked = chat.ask("tool asker_tool " + json.dumps({"b": "y" * 250_000}))
    (name,) = await chat.question(event)
    assert "略去" in chat.commands.approvals.on_page()[0]["calls"][0]["arguments"]
    assert await chat.commands.approvals.decide_on_page(name, True, "boss") == "not_shown" and chat.ran == []
    assert await chat.commands.approvals.decide_on_page(name, False, "boss") == "done"
    await asked
    assert chat.ran == []


async def test_the_audit_log_says_who_decided_what(chat: Chat) -> None:
    event, asked = chat.ask('tool admin_tool {"secret": "abc"}', group="555")
    (name,) = await chat.question(event)
    await chat.tell("确认", MEMBER, group="555")
    await chat.tell("确认", ADMIN, admin=True, group="555")
    await asked
    lines = [line for line in chat.audit() if "request" in line]
    told = [(line["outcome"], line["code"], line["who"]) for line in lines]
    assert told == [
        ("approval_requested", None, f"qq:{ASKER}"),
        ("approval_refused", "not_permitted", f"qq:{MEMBER}"),
        ("approved", None, f"qq:{ADMIN}"),
    ]
    assert all(line["request"] == name and line["tools"] == ["admin_tool"] and line["time"] for line in lines)
    assert "abc" not in json.dumps(lines)


async def test_many_calls_are_counted_and_all_arguments_are_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals_module, "_PAUSE", 0.0)
    engine = Engine(Settings.read({}), tmp_path, tmp_path)
    approvals = approvals_module.Approvals(engine, types.SimpleNamespace(write=lambda **_: None))
    calls = tuple(ToolCall(f"c{n}", "write", {"text": "z" * 300}) for n in range(50))
    event = Event("1", "x")
    turn: Any = types.SimpleNamespace(id="t")
    approvals.ask(turn, ApprovalRequest("r", "asker", calls, 300.0), Origin.of("chat", event, "L3", "s", lambda: None))
    await until(lambda: event.sent and event.sent[-1].startswith("🔐"))
    *parts, question = event.sent
    assert "30 个：write ×30" in question and len(question) < 4000
    assert len(parts) == 9 and all(len(part) < 2100 for part in parts) and "50. write" in "".join(parts)
    (shown,) = approvals.on_page()
    assert len(shown["calls"]) == 50 and shown["calls"][0]["arguments"] == json.dumps({"text": "z" * 300})


@pytest.mark.parametrize("streaming", ["off", "sentences", "auto"])
async def test_the_question_is_a_message_of_its_own_however_the_answer_comes(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, streaming: str
) -> None:
    async with chat_of(tmp_path, gateway, monkeypatch, streaming=streaming) as chat:
        event, asked = chat.ask("tool asker_tool {}", streams=streaming == "auto")
        await chat.question(event)
        await chat.tell("确认")
        assert (await asked)[-1].endswith("the tool has run") and len(chat.questions(event)) == 1


async def test_help_and_status_tell(chat: Chat) -> None:
    told = await chat.tell("帮助")
    assert "/助手 确认" in told and "/助手 拒绝" in told
    assert "只限制 AstrBot 的工具" in await chat.tell("状态")
    assert "levels" in await chat.tell("诊断")
    event, asked = chat.ask("tool asker_tool {}")
    await chat.question(event)
    assert "等待确认：1 个" in await chat.tell("状态")
    await chat.tell("取消")
    await asked
