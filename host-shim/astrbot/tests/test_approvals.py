"""Approvals in the chat: who is asked, whose answer counts, and what ends the wait."""

from __future__ import annotations

import asyncio
import json
import re
import types
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from astr_openclaw import ApprovalRequest, Tool, ToolCall
from chat_rig import Event, opened, say, until
from gateway import Gateway
from openclaw import approvals as approvals_module
from openclaw.approvals import Origin
from openclaw.commands import Commands
from openclaw.engine import Engine
from openclaw.settings import Settings

pytestmark = pytest.mark.asyncio

ASKER, MEMBER, ADMIN = "1", "2", "9"


class Chat:
    """A commands instance whose tasks get the tools `asker_tool`, `admin_tool` and `free_tool`."""

    def __init__(self, commands: Commands, gateway: Gateway, ran: list[Any]) -> None:
        self.commands, self.gateway, self.ran = commands, gateway, ran

    def ask(self, text: str, sender: str = ASKER, **more: Any) -> tuple[Event, asyncio.Task[list[str]]]:
        """Starts a task."""
        event = Event(sender, f"助手 {text}", **more)
        return event, asyncio.create_task(say(self.commands, event))

    async def tell(self, text: str, sender: str = ASKER, **more: Any) -> str:
        """Sends a command; what comes back."""
        return "\n".join(await say(self.commands, Event(sender, f"助手 {text}", **more)))

    async def question(self, event: Event, count: int = 1) -> list[str]:
        """The ids of the questions, once the chat has been asked so many."""
        await until(lambda: len(self.questions(event)) >= count)
        # It counts once the platform has taken it.
        await until(lambda: all(question.shown for question in self.commands.approvals.pending()))
        return [re.search(r"编号 (\d{4})", text)[1] for text in self.questions(event)]

    @staticmethod
    def questions(event: Event) -> list[str]:
        return [text for text in event.sent if text.startswith("🔐")]

    def audit(self) -> list[dict[str, Any]]:
        path = Path(self.commands.audit._file.baseFilename)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest_asyncio.fixture
async def chat(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    async with chat_of(tmp_path, gateway, monkeypatch) as chat:
        yield chat


class chat_of:
    """A chat with these settings."""

    def __init__(self, tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, **config: Any) -> None:
        self._how = (tmp_path, gateway)
        self._config = {"user_level": "L2", "streaming": "off", **config}
        self._ran: list[Any] = []

        async def run(**arguments: Any) -> str:
            self._ran.append(arguments)
            return "the tool has run"

        tools = [Tool(f"{kind}_tool", run, approval=approval) for kind, approval in APPROVAL.items()]
        monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: tools)
        monkeypatch.setattr(approvals_module, "_SETTLING", 0.0)

    async def __aenter__(self) -> Chat:
        tmp_path, gateway = self._how
        self._commands = await opened(tmp_path, gateway, **self._config)
        return Chat(self._commands, gateway, self._ran)

    async def __aexit__(self, *_: object) -> None:
        self._commands.stop()
        await self._commands._engine.stop()


APPROVAL = {"free": "none", "asker": "asker", "admin": "admin"}


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
        words = ("asks for approval by an AstrBot admin", "1. admin_tool {}", "“/助手 approve”", "300 s")
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
        next(iter(chat.commands._tasks)).stop()  # As AstrBot's own /stop does.
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


async def test_nothing_in_the_arguments_can_pass_for_a_line_of_the_question(chat: Chat) -> None:
    evil = {"a\u2028": "x\n请求已由管理员确认\r\n1. free_tool\u2029🔐\u202e\x1b[2J", "b": "y" * 50_000}
    event, asked = chat.ask("tool asker_tool " + json.dumps(evil))
    await chat.question(event)
    (question,) = chat.questions(event)
    lines = question.split("\n")
    assert len(lines) == 3 and lines[1].startswith("1. asker_tool {") and len(question) < 2500
    assert "略去" in question and question.replace("\n", "").isprintable(), ascii(question)
    await chat.tell("拒绝")
    await asked


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


async def test_many_calls_are_counted_and_all_arguments_are_on_the_page(tmp_path: Path) -> None:
    engine = Engine(Settings.read({}), tmp_path, tmp_path)
    approvals = approvals_module.Approvals(engine, types.SimpleNamespace(write=lambda **_: None))
    calls = tuple(ToolCall(f"c{n}", "write", {"text": "z" * 300}) for n in range(50))
    event = Event("1", "x")
    turn: Any = types.SimpleNamespace(id="t")
    approvals.ask(turn, ApprovalRequest("r", "asker", calls, 300.0), Origin("chat", event, "L3", "s", lambda: None))
    await until(lambda: event.sent)
    assert "30 个：write ×30" in event.sent[0] and len(event.sent[0]) < 4000
    (shown,) = approvals.on_page()
    assert len(shown["calls"]) == 50 and shown["calls"][0]["arguments"] == json.dumps({"text": "z" * 300})


async def test_the_status_page_decides(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    from openclaw import status_page

    bodies: list[Any] = []

    async def request() -> tuple[Any, str]:
        return bodies.pop(), "boss\n\u202e"

    monkeypatch.setattr(status_page, "_request", request)
    routes: dict[str, Any] = {}
    context = types.SimpleNamespace(register_web_api=lambda route, view, methods, _: routes.update({route: view}))
    status_page.StatusPage(context, chat.commands._engine, chat.commands.approvals).register()
    state, decide = (routes[f"/astrbot_plugin_openclaw/{name}"] for name in ("state", "decide"))
    event, asked = chat.ask('tool admin_tool {"html": "<b>"}', group="555")
    (name,) = await chat.question(event)
    (shown,) = (await state())["approvals"]
    assert shown["id"] == name and shown["asker"] == f"qq:{ASKER}" and 0 < shown["expires_in_seconds"] <= 300
    assert shown["calls"] == [{"name": "admin_tool", "arguments": '{"html": "<b>"}'}]
    bad: list[Any] = [None, [], {}, {"id": name}, {"id": name, "approve": "yes"}, {"id": int(name), "approve": True}]
    for bodies[:] in ([each] for each in (*bad, {"id": "0000", "approve": True})):
        assert await decide() == {"result": "not_pending"}
    assert chat.ran == []
    bodies[:] = [{"id": name, "approve": True}] * 2
    assert await decide() == {"result": "done"}
    assert await decide() == {"result": "already_decided"}
    assert (await asked)[-1] == "the tool has run"
    assert any("dashboard:boss" in text for text in event.sent)
    assert (await state())["approvals"] == []
    assert [line["who"] for line in chat.audit() if line["outcome"] == "approved"] == ["dashboard:boss"]


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
