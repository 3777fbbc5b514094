"""Approvals in the chat: who is asked, whose answer counts, and what ends the wait."""

from __future__ import annotations

import asyncio
import types
from pathlib import Path
from typing import Any

import pytest
from approval_rig import ADMIN, ASKER, MEMBER, Chat, chat_of
from astr_openclaw import ApprovalRequest, ToolCall
from chat_rig import Event, until
from gateway import Gateway
from openclaw import approvals as approvals_module

pytestmark = pytest.mark.asyncio


async def test_the_asker_says_yes(chat: Chat) -> None:
    event, asked = chat.ask('tool asker_tool {"path": "a b", "password": "Sup3rS3cr3t"}')
    (name,) = await chat.question(event)
    (question,) = chat.questions(event)
    words = (
        "1. asker_tool {",
        '"path": "a b"',
        f"为 qq:{ASKER} 执行",
        "提问者本人",
        "300 秒",
        "助手 确认",
        "助手 拒绝",
    )
    assert all(word in question for word in words) and "S3cr3t" not in question, question
    assert chat.ran == [] and (await chat.commands._engine.status_now()).approvals[0].tools == ("asker_tool",)
    assert name in await chat.tell("确认")
    assert (await asked)[-1] == "the tool has run" and chat.ran == [{"path": "a b", "password": "Sup3rS3cr3t"}]
    assert chat.questions(event) == [question] and chat.commands.approvals.pending() == []


async def test_the_question_in_english(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat_of(tmp_path, gateway, monkeypatch, locale="en") as chat:
        event, asked = chat.ask("tool admin_tool {}")
        await until(lambda: event.sent and chat.commands.approvals.pending()[0].shown)
        words = ("needs approval from an AstrBot admin", "1. admin_tool {}", "“/助手 approve”", "300 s")
        assert all(word in event.sent[0] for word in words), event.sent
        assert "Only an AstrBot admin" in await chat.tell("approve")
        assert "Rejected" in await chat.tell("reject")
        await asked


@pytest.mark.parametrize("word", ["拒绝", "reject", "deny", "拒绝 {}", "拒绝{}", "拒绝 #{}", "reject １"])
async def test_the_asker_says_no(chat: Chat, word: str) -> None:
    event, asked = chat.ask("tool asker_tool {}")
    (name,) = await chat.question(event)
    fullwidth = name.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert "已拒绝" in await chat.tell(word.replace("１", fullwidth).format(name))
    answer = (await asked)[-1]
    assert chat.ran == [] and answer != "the tool has run" and "declined" in answer


@pytest.mark.parametrize("word", ["确认", "approve", "confirm", "APPROVE"])
async def test_an_admin_must_say_yes_where_that_is_set(chat: Chat, word: str) -> None:
    group = {"group": "555"}
    event, asked = chat.ask("tool admin_tool {}", **group)
    await chat.question(event)
    assert "AstrBot 管理员确认" in chat.questions(event)[0]
    assert "只有 AstrBot 管理员" in await chat.tell(word, ASKER, **group)
    assert "只有 AstrBot 管理员" in await chat.tell(word, MEMBER, **group)
    assert "只有提问者本人或" in await chat.tell("拒绝", MEMBER, **group)
    assert chat.ran == [] and len(chat.commands.approvals.pending()) == 1
    assert "已确认" in await chat.tell(word, ADMIN, admin=True, **group)
    assert (await asked)[-1] == "the tool has run"


async def test_the_asker_may_reject_what_an_admin_must_approve(chat: Chat) -> None:
    event, asked = chat.ask("tool admin_tool {}")
    await chat.question(event)
    assert "已拒绝" in await chat.tell("拒绝")
    await asked
    assert chat.ran == []


@pytest.mark.parametrize(("tell", "words"), [(False, ""), (True, "没有使用")])
async def test_a_stranger_is_not_heard(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tell: bool, words: str
) -> None:
    users = {"users": [ASKER], "tell_refused": tell}
    async with chat_of(tmp_path, gateway, monkeypatch, **users) as chat:
        event, asked = chat.ask("tool asker_tool {}", group="555")
        (name,) = await chat.question(event)
        for text in ("确认", f"确认 {name}", "拒绝"):
            said = await chat.tell(text, "3", group="555")
            assert (words in said) if words else said == ""
        assert chat.ran == [] and len(chat.commands.approvals.pending()) == 1
        await chat.tell("确认", group="555")
        assert (await asked)[-1] == "the tool has run"


async def test_an_admin_of_another_platform_is_none(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat_of(tmp_path, gateway, monkeypatch, admin_platforms=["telegram"]) as chat:
        event, asked = chat.ask("tool admin_tool {}", group="555")
        await chat.question(event)
        assert "只有 AstrBot 管理员" in await chat.tell("确认", ADMIN, admin=True, group="555")
        await chat.tell("拒绝", group="555")
        await asked
        assert chat.ran == []


async def test_no_answer_is_a_no(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = {"timeouts": {"approval_timeout_seconds": 1}}
    async with chat_of(tmp_path, gateway, monkeypatch, **limit) as chat:
        event, asked = chat.ask("tool asker_tool {}")
        (name,) = await chat.question(event)
        await asyncio.wait_for(asked, 20)
        await until(lambda: any("逾期未处理" in text and name in text for text in event.sent))
        assert chat.ran == [] and "没有待确认" in await chat.tell("确认")
        assert "处理过" in await chat.tell(f"确认 {name}") or "结束" in await chat.tell(f"确认 {name}")
        assert [line["who"] for line in chat.audit() if line["outcome"] == "expired"] == ["-"]


async def test_the_calls_of_a_round_are_one_question(chat: Chat) -> None:
    event, asked = chat.ask("tools asker_tool 3")
    await chat.question(event)
    (question,) = chat.questions(event)
    assert [f'{n}. asker_tool {{"n": {n}}}' in question for n in (1, 2, 3)] == [True] * 3
    await chat.tell("确认")
    assert (await asked)[-1].count("the tool has run") == 3
    assert sorted(arguments["n"] for arguments in chat.ran) == [1, 2, 3]


async def test_with_several_questions_an_answer_needs_the_id(chat: Chat) -> None:
    first, asked = chat.ask("tool asker_tool {}", group="555")
    (one,) = await chat.question(first)
    # Only one turn runs at a time; a second question of the same turn is what the component may ask.
    question = chat.commands.approvals.pending()[0]
    request = ApprovalRequest("other", "admin", (ToolCall("c", "admin_tool", {}),), 300.0)
    turn: Any = types.SimpleNamespace(id=question.turn)
    chat.commands.approvals.ask(turn, request, question.origin)
    one, two = await chat.question(first, 2)
    for word in ("确认", "拒绝"):
        said = await chat.tell(word, ADMIN, admin=True, group="555")
        assert "加上编号" in said and one in said and two in said
    assert chat.ran == []
    assert "已确认" in await chat.tell(f"确认 {one}", group="555")
    assert (await asked)[-1] == "the tool has run"


async def test_a_yes_that_was_meant_for_an_ended_question_is_not_taken_for_the_next(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals_module, "_SETTLING", 60.0)
    event, asked = chat.ask("again asker_tool")
    (one,) = await chat.question(event)
    await chat.tell("拒绝")
    await until(lambda: len(chat.questions(event)) == 2)
    _, two = await chat.question(event, 2)
    said = await chat.tell("确认")
    assert "加上编号" in said and two in said and one not in said
    assert chat.ran == []
    await chat.tell("取消")
    await asked


async def test_what_is_no_decision_does_not_count(chat: Chat) -> None:
    event, asked = chat.ask("tool asker_tool {}", group="555")
    (name,) = await chat.question(event)
    # In another chat, also by the asker; and with another question's id.
    for where in ({}, {"group": "556"}):
        assert "没有待确认" in await chat.tell("确认", **where)
        assert f"没有编号为 {name}" in await chat.tell(f"确认 {name}", **where)
    assert "没有编号" in await chat.tell("确认 0000", group="555")
    # In other words it is a task, which waits for its turn.
    tasks = [chat.ask(text, group="555")[1] for text in ("确认一下", f"{name}", "好的，确认")]
    await until(lambda: chat.commands._engine.status().queued == 2)
    assert chat.ran == [] and len(chat.commands.approvals.pending()) == 1
    await chat.tell("全部取消", ADMIN, admin=True, group="555")
    await asyncio.gather(asked, *tasks)
    assert chat.ran == []


async def test_an_admin_elsewhere_sees_what_a_yes_is_for(chat: Chat) -> None:
    event, asked = chat.ask('tool admin_tool {"path": "here"}')
    (name,) = await chat.question(event)
    # Not in a group, where others would read it.
    assert "没有编号" in await chat.tell(f"确认 {name}", ADMIN, admin=True, group="555")
    shown = await chat.tell(f"确认 {name}", ADMIN, admin=True)
    assert '{"path": "here"}' in shown and "再发送一次" in shown and chat.ran == []
    assert "已确认" in await chat.tell(f"确认 {name}", ADMIN, admin=True)
    assert (await asked)[-1] == "the tool has run"
    assert any(f"qq:{ADMIN} 已确认" in text for text in event.sent)


@pytest.mark.parametrize("how", ["取消", "会话重置", "全部取消", "stop", "reload"])
async def test_whatever_ends_the_turn_is_a_no(chat: Chat, how: str) -> None:
    event, asked = chat.ask("tool asker_tool {}")
    (name,) = await chat.question(event)
    engine = chat.commands._engine
    if how == "stop":
        next(iter(chat.commands._turns.under_way)).stop()  # As AstrBot's own /stop does.
    elif how == "reload":
        chat.commands.stop()
        await engine.stop()
        chat.commands.close()
    else:
        await chat.tell(how, ADMIN if how == "全部取消" else ASKER, admin=how == "全部取消")
    assert "cancelled" in (await asyncio.wait_for(asked, 20))[-1]
    assert chat.ran == [] and chat.commands.approvals.pending() == []
    assert [line["request"] for line in chat.audit() if line["outcome"] == "unanswered"] == [name]
    if how != "reload":
        assert "没有待确认" in await chat.tell("确认")
        assert "结束" in await chat.tell(f"确认 {name}")
        assert (await engine.status_now()).approvals == ()
    assert chat.ran == []


async def test_a_reset_ends_only_the_senders_own_wait(chat: Chat) -> None:
    event, asked = chat.ask("tool asker_tool {}", group="555")
    await chat.question(event)
    await chat.tell("会话重置", MEMBER, group="555")
    await chat.tell("会话重置")
    assert len(chat.commands.approvals.pending()) == 1
    await chat.tell("确认", group="555")
    assert (await asked)[-1] == "the tool has run"


async def test_an_admin_approves_in_the_group_whose_members_have_sessions_of_their_own(chat: Chat) -> None:
    group: dict[str, Any] = {"group": "555", "isolated": True}
    event, asked = chat.ask("tool admin_tool {}", **group)
    (name,) = await chat.question(event)
    assert "只有 AstrBot 管理员" in await chat.tell("确认", MEMBER, **group)
    assert "没有编号" in await chat.tell(f"确认 {name}", MEMBER, group="556", isolated=True)
    # What another member does to their own session is none of this one's business.
    await chat.tell("会话重置", MEMBER, **group)
    assert "已确认" in await chat.tell("确认", ADMIN, admin=True, **group)
    assert (await asked)[-1] == "the tool has run" and not any("已确认" in text for text in event.sent)
    # A reset ends the sender's own wait, as without isolation.
    event, asked = chat.ask("tool admin_tool {}", **group)
    await chat.question(event)
    await chat.tell("会话重置", **group)
    assert "cancelled" in (await asked)[-1] and len(chat.ran) == 1


async def test_what_the_bot_itself_says_does_not_count(chat: Chat) -> None:
    bot = Event("0", "").get_self_id()
    event, asked = chat.ask("tool admin_tool {}", group="555")
    (name,) = await chat.question(event)
    for text in ("确认", f"确认 {name}", "拒绝", "取消", "全部取消", "another task"):
        assert await chat.tell(text, bot, admin=True, group="555") == ""
    assert chat.ran == [] and len(chat.commands.approvals.pending()) == 1
    await chat.tell("拒绝", group="555")
    await asked


async def test_the_asker_is_who_it_was_when_the_turn_started(chat: Chat) -> None:
    event, asked = chat.ask("again asker_tool")
    await chat.question(event)
    # As a tool of the turn could: AstrBot's tools get the message itself.
    event.sender, event.unified_msg_origin = MEMBER, f"qq:FriendMessage:{MEMBER}"
    await chat.tell("拒绝")
    await until(lambda: len(chat.questions(event)) == 2)
    _, two = await chat.question(event, 2)
    assert f"为 qq:{ASKER} 执行" in chat.questions(event)[1]
    assert "没有编号" in await chat.tell(f"确认 {two}", MEMBER) and chat.ran == []
    assert "已确认" in await chat.tell(f"确认 {two}")
    await until(lambda: chat.ran)
    await chat.tell("取消")
    await asked


async def test_a_second_decision_has_no_effect(chat: Chat) -> None:
    event, asked = chat.ask("again asker_tool")
    (name,) = await chat.question(event)
    assert "已拒绝" in await chat.tell(f"拒绝 {name}")
    assert "处理过" in await chat.tell(f"确认 {name}")
    assert chat.ran == []
    await chat.tell("取消")
    await asked


async def test_a_question_that_nobody_can_see_is_a_no(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Event.send

    async def refused(self: Event, chain: Any) -> None:
        if "🔐" in chain.get_plain_text():
            raise RuntimeError("the platform is gone")
        await send(self, chain)

    monkeypatch.setattr(Event, "send", refused)
    _, asked = chat.ask("tool asker_tool {}")
    await asyncio.wait_for(asked, 20)
    assert chat.ran == [] and [line["who"] for line in chat.audit() if line["outcome"] == "rejected"] == ["-"]
