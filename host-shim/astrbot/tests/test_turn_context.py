"""Who is talking, as the model is told."""

from __future__ import annotations

import asyncio
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from astr_openclaw import Quote
from astrbot.api import message_components as Comp
from chat_rig import Event, opened, say
from gateway import Gateway
from openclaw import turn_context
from openclaw.settings import Settings

pytestmark = pytest.mark.asyncio

SETTINGS = Settings.read({})


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_context, "_names", {})


def reply(text: str | None = "", sender: str | None = "") -> Any:
    quoted = Comp.Reply()
    quoted.message_str, quoted.sender_nickname, quoted.chain = text, sender, []
    return quoted


async def test_a_message_says_who_is_talking_where() -> None:
    event = Event("7", "x", group="555", admin=True, name="小明", parts=(reply("昨天的话", "小红"),))
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None
    assert (context.platform, context.sender_id, context.sender_name) == ("aiocqhttp", "7", "小明")
    assert context.group_name == "group 555" and context.is_admin
    assert context.quoted == Quote(sender="小红", text="昨天的话")
    private = await turn_context.of_event(Event("7", "x", name="小明"), SETTINGS)
    assert private is not None and (private.group_name, private.is_admin, private.quoted) == ("", False, None)


async def test_the_settings_can_keep_it_back_and_an_admin_elsewhere_is_none() -> None:
    event = Event("7", "x", admin=True)
    assert await turn_context.of_event(event, Settings.read({"send_context": False})) is None
    assert await turn_context.of_event(None, SETTINGS) is None
    context = await turn_context.of_event(event, Settings.read({"admin_platforms": ["telegram"]}))
    assert context is not None and not context.is_admin


async def test_whatever_a_platform_gives_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event("7", "x", parts=(reply(None, None),))
    monkeypatch.setattr(event, "get_sender_name", lambda: None)
    monkeypatch.setattr(event, "get_sender_id", lambda: 7)
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None and (context.sender_name, context.sender_id, context.quoted) == ("", "7", None)


async def test_a_groups_name_is_asked_for_once_and_never_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def action(name: str, **arguments: Any) -> Any:
        asked.append(f"{name} {arguments}")
        if arguments["group_id"] == 3:
            await asyncio.Event().wait()
        if arguments["group_id"] == 2:
            raise RuntimeError("no such group")
        return {"group_name": "工作群", "member_count": 3}

    monkeypatch.setattr(turn_context, "_LIMIT", 0.05)

    async def name(group: str) -> str:
        event = Event("7", "x", group=group)
        event.bot = types.SimpleNamespace(call_action=action)  # type: ignore[attr-defined]
        context = await turn_context.of_event(event, SETTINGS)
        assert context is not None
        return context.group_name

    for group, expected in (("1", "工作群"), ("2", ""), ("3", "")):
        assert [await name(group) for _ in range(3)] == [expected] * 3
    # Not `get_group_member_list`, and each only once.
    assert asked == [f"get_group_info {{'group_id': {n}}}" for n in (1, 2, 3)]
    monkeypatch.setattr(turn_context, "_GROUPS", 2)
    assert await name("4") == "工作群" and len(turn_context._names) == 2


async def test_a_name_that_the_message_has_is_not_asked_for() -> None:
    event = Event("7", "x", group="555")
    event.message_obj.group = types.SimpleNamespace(group_name="from the message")
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None and context.group_name == "from the message" and turn_context._names == {}
    event.message_obj.group.group_name = "N/A"  # AstrBot 4.14's word for none.
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None and context.group_name == "group 555"


async def test_a_quote_without_text_is_read_by_astrbot_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event("7", "x", parts=(reply("", "小红"),))
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None and context.quoted is None  # As in 4.14.

    async def extract(_event: Any, component: Any) -> str:
        if component.sender_nickname == "broken":
            raise OSError
        return "转发的话"

    module = types.ModuleType("astrbot.core.utils.quoted_message")
    module.extract_quoted_message_text = extract  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "astrbot.core.utils", types.ModuleType("astrbot.core.utils"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    context = await turn_context.of_event(event, SETTINGS)
    assert context is not None and context.quoted == Quote(sender="小红", text="转发的话")
    context = await turn_context.of_event(Event("7", "x", parts=(reply("", "broken"),)), SETTINGS)
    assert context is not None and context.quoted is None


async def test_the_gateway_is_told_unless_the_settings_say_no(tmp_path: Path, gateway: Gateway, monkeypatch) -> None:
    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [])
    for send, count in ((True, 1), (False, 0)):
        commands = await opened(tmp_path, gateway, send_context=send)
        event = Event("7", "助手 你好", group="555", name="小明", parts=(reply("昨天的话", "小红"),))
        assert await say(commands, event) == ["你好"] or not send
        request = json.dumps(gateway.requests[-1], ensure_ascii=False)
        assert [request.count(word) for word in ("小明", "group 555", "小红", "昨天的话")] == [count] * 4, request
        await commands._engine.stop()
