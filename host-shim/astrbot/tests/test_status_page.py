"""The status page's server side: what it shows, and what can be done there."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from approval_rig import ASKER, Chat, chat_of
from astr_openclaw import Delta, ToolCall
from background_rig import CHAT, Lives, quick
from chat_rig import opened, until
from conftest import STAR
from gateway import TOKEN, Gateway
from openclaw.settings import Settings
from openclaw.task_store import CANCELLED
from page_rig import JSON, Dashboard

pytestmark = pytest.mark.asyncio
__all__ = ["quick"]

BAD: list[Any] = [None, [], {}, "x", 1, {"id": 1}, {"id": None}, {"id": ["1"]}, {"id": "0"}, b"{", b"\xff", b""]


@pytest.fixture
def page(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    return Dashboard(chat.commands, monkeypatch)


@pytest_asyncio.fixture
async def held(chat: Chat, gateway: Gateway) -> AsyncIterator[Any]:
    """A running task that has said `ab`, and one that waits behind it."""
    first = chat.ask("hold", group="555")
    await until(gateway.held.is_set)
    second = chat.ask("你好", sender="2")
    await until(lambda: any(turn.waits for turn in chat.commands._engine.live.all()))
    yield first, second
    gateway.release.set()
    for _, task in (first, second):
        await task


async def test_decides(chat: Chat, page: Dashboard) -> None:
    event, asked = chat.ask('tool admin_tool {"html": "<b>"}', group="555")
    (name,) = await chat.question(event)
    state = await page.state()
    (shown,) = state["approvals"]
    assert shown["id"] == name and shown["asker"] == f"qq:{ASKER}" and 0 < shown["expires_in_seconds"] <= 300
    assert shown["calls"] == [{"name": "admin_tool", "arguments": '{"html": "<b>"}'}]
    assert [task["state"] for task in state["tasks"]] == ["approval"]
    for body in (*BAD, {"id": name}, {"id": name, "approve": "yes"}, {"id": int(name), "approve": True}):
        assert await page.post("decide", body) == {"result": "not_pending"}, body
    assert chat.ran == []
    yes = {"id": name, "approve": True}
    assert await page.post("decide", yes, user="boss\n\u202e") == {"result": "done"}
    assert await page.post("decide", yes) == {"result": "already_decided"}
    assert (await asked)[-1] == "the tool has run"
    assert any("dashboard:boss" in text for text in event.sent)
    state = await page.state()
    assert state["approvals"] == [] and state["tasks"] == []
    assert [line["who"] for line in chat.audit() if line["outcome"] == "approved"] == ["dashboard:boss"]


async def test_shows_who_runs_what_and_what_it_has_said(chat: Chat, page: Dashboard, held: Any) -> None:
    await until(lambda: chat.commands._engine.live.all()[0].output((), secrets=False)[0] == "ab")
    running, waiting = (await page.state())["tasks"]
    assert (running["state"], running["asker"], running["chat"]) == ("running", f"qq:{ASKER}", "qq:GroupMessage:555")
    assert (waiting["state"], waiting["asker"], waiting["output"]) == ("waiting", "qq:2", "")
    assert running["door"] == "chat" and running["level"] == "L2" and running["seconds"] < 60
    # The last word may become a secret.
    assert running["output"] == "" and running["calls"] == 0


async def test_a_turn_that_came_out_of_the_queue_runs_before_it_says_anything(
    chat: Chat, page: Dashboard, held: Any
) -> None:
    first, second = chat.commands._engine.live.all()
    assert chat.commands._engine.live.waiting(1) == {second} and not first.waits
    assert chat.commands._engine.live.waiting(0) == set()
    assert [task["state"] for task in (await page.state())["tasks"]] == ["running", "running"]


async def test_cancels_one_task_once_and_says_who_did(chat: Chat, page: Dashboard, held: Any) -> None:
    (first, task), (_, second) = held
    for body in BAD:
        assert await page.post("cancel", body) == {"result": "not_running"}, body
    name = (await page.state())["tasks"][0]["id"]
    assert await page.post("cancel", {"id": name}, user="boss\n\u202e") == {"result": "done"}
    await task
    assert "取消" in first.sent[-1]
    assert await page.post("cancel", {"id": name}) == {"result": "not_running"}
    await second  # It was not cancelled.
    (line,) = [line for line in chat.audit() if line["outcome"] == "task_cancelled"]
    assert (line["who"], line["of"], line["door"]) == ("dashboard:boss", f"qq:{ASKER}", "dashboard")


@pytest.mark.usefixtures("quick")
async def test_background_tasks_are_shown_and_cancelled_in_their_store(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = Lives(tmp_path, gateway)
    commands = await lives.begin()
    page = Dashboard(commands, monkeypatch)
    for text in ("hold", f"第二个 {TOKEN} " + "很长" * 200):
        assert "编号" in await lives.ask(f"后台 {text}")
    await until(lambda: commands.background.output(1) == "ab")
    running, waiting = (await page.state())["tasks"]
    shown = {"id": "task-1", "number": 1, "door": "background", "state": "running", "text": "hold", "level": "L1"}
    assert shown.items() <= running.items() and running["chat"] == CHAT and waiting["asker"] == "qq:1"
    assert (
        waiting["state"] == "waiting"
        and waiting["text"].startswith("第二个 ＊＊＊ 很长")
        and len(waiting["text"]) == 100
    )
    for name in ("1", "task-", "task-3", "task-1 ", "turn-1"):
        assert await page.post("cancel", {"id": name}) == {"result": "not_running"}, name
    for number in (2, 1):
        assert await page.post("cancel", {"id": f"task-{number}"}) == {"result": "done"}
        await lives.state(number, CANCELLED)
        assert await page.post("cancel", {"id": f"task-{number}"}) == {"result": "not_running"}
    assert (await page.state())["tasks"] == []
    await until(lambda: len(lives.astr.told()) == 2)  # Their asker is told.
    await lives.end()


async def test_closes_the_breakers_and_says_who_did(chat: Chat, page: Dashboard) -> None:
    chat.gateway.token = "another"
    for _ in range(2):
        await chat.ask("你好")[1]
    state = await page.state()
    assert state["status"]["breakers"]["primary"]["state"] == "open" and len(state["last_faults"]) == 2
    for body in (*BAD, {"breakers": 1}, {"breakers": "true"}):
        assert await page.post("reset", body) == {"result": "bad_request"}, body
    assert (await page.state())["status"]["breakers"]["primary"]["state"] == "open"
    assert await page.post("reset", {"breakers": True}) == {"result": "done"}
    assert (await page.state())["status"]["breakers"]["primary"]["state"] == "closed"
    assert [line["who"] for line in chat.audit() if line["outcome"] == "breakers_reset"] == ["dashboard:boss"]


async def test_takes_only_json_that_another_site_cannot_send(chat: Chat, page: Dashboard, held: Any) -> None:
    """Report S28 (SECURITY)."""
    name = (await page.state())["tasks"][0]["id"]
    for kind in (None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"):
        assert await page.post("cancel", {"id": name}, kind) == {"result": "not_running"}, kind
        assert await page.post("reset", {"breakers": True}, kind) == {"result": "bad_request"}, kind
    large = {"id": name, "more": "x" * 5000}
    assert await page.post("cancel", large) == {"result": "not_running"}
    for length in ("9" * 5000, "-1", "4097", "１", "1e3"):
        assert await page.post("cancel", {"id": name}, content_length=length) == {"result": "not_running"}, length
    assert len((await page.state())["tasks"]) == 2
    assert await page.post("cancel", {"id": name}, f"{JSON}; charset=utf-8") == {"result": "done"}
    assert await page.post("reset", {"breakers": True}, content_length="") == {"result": "done"}  # In pieces.


async def test_older_versions_of_astrbot_have_quarts_request(
    chat: Chat, page: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "astrbot.api.web", None)
    quart: Any = types.ModuleType("quart")

    async def get_json(*, silent: bool) -> Any:
        assert silent
        return {"breakers": True}

    quart.request = types.SimpleNamespace(headers={"content-type": JSON, "content-length": "18"}, get_json=get_json)
    quart.g = types.SimpleNamespace(username="old")
    monkeypatch.setitem(sys.modules, "quart", quart)
    assert await page.routes["reset"][0]() == {"result": "done"}
    assert [line["who"] for line in chat.audit() if line["outcome"] == "breakers_reset"] == ["dashboard:old"]


async def test_a_long_output_is_cut_and_secrets_in_it_are_masked(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat_of(tmp_path, gateway, monkeypatch) as chat:
        page = Dashboard(chat.commands, monkeypatch)
        key = "sk-abcdefgh12345678ijkl"
        text = "x " * 30_000 + f"{TOKEN} {key} 口令：hunter22hunter "
        _, asked = chat.ask('tool admin_tool {"a": 1}', group="555")
        await until(lambda: chat.commands.approvals.pending())
        (live,) = chat.commands._engine.live.all()
        turn: Any = types.SimpleNamespace(id=live.turn)
        for at in range(0, len(text), 7):
            live.saw(turn, Delta(text[at : at + 7]))
            if at % 7000 == 0 or at > 60_000:
                shown = live.output((TOKEN,), secrets=True)[0]
                assert not any(part in shown for part in (TOKEN[:8], key[:10], "hunter")), shown[-100:]
        (task,) = (await page.state())["tasks"]
        assert len(task["output"]) <= 4000 and task["output"].endswith("＊＊＊ ＊＊＊ 口令：＊＊＊ ")
        # A token as a tool's name is masked before it is cut.
        live.saw(turn, ToolCall("c", "x" * 90 + TOKEN, {}))
        (task,) = (await page.state())["tasks"]
        assert task["last_call"] == "x" * 90 + "＊＊＊" and task["calls"] == 1
        assert 56_000 < task["left_out"] < len(text) and len(json.dumps(task)) < 10_000
        await chat.tell("取消")
        await asked


async def test_a_turn_that_cannot_start_is_not_listed(chat: Chat, page: Dashboard) -> None:
    from openclaw.agent_turn import AgentTurn
    from openclaw.approvals import Origin

    turn = AgentTurn(None)
    turn.approvals = chat.commands.approvals.of_turn(Origin.of("model", None, "L0", "s", turn.cancel))

    def refuse() -> Any:
        raise chat.commands._engine.fault("busy", "stopped")

    with pytest.raises(Exception, match="busy"):
        turn.start(refuse)
    assert (await page.state())["tasks"] == []


async def test_the_page_works_without_a_component(chat: Chat, page: Dashboard) -> None:
    await chat.commands._engine.stop()
    state = await page.state()
    assert state["status"] is None and state["component"] is None and state["problem"] and state["tasks"] == []
    assert await page.post("reset", {"breakers": True}) == {"result": "cancelled"}


async def test_the_floors_of_the_chart_are_those_of_the_settings() -> None:
    schema = json.loads((STAR / "_conf_schema.json").read_text("utf-8"))["limits"]["items"]
    assert Settings.read({}).floors == {
        key: schema[key]["default"] for key in ("heavy_floor_mib", "read_only_floor_mib")
    }
    assert Settings.read({"limits": {"heavy_floor_mib": 800}}).floors["heavy_floor_mib"] == 800
    assert Settings.read({"limits": {"heavy_floor_mib": "x"}}).floors["heavy_floor_mib"] == 512


async def test_memory_is_kept_while_somebody_looks_or_asks(
    chat: Chat, page: Dashboard, tmp_path: Path, gateway: Gateway
) -> None:
    history = chat.commands._engine.memory_history
    assert history.points() == [] and history._timer is None
    await chat.ask("你好")[1]
    assert len(history.points()) == 1 and history._timer is not None
    shown = (await page.state())["memory_history"]
    ((ago, mib),) = shown["points"]
    assert ago <= 60 and mib > 0 and shown["heavy_floor_mib"] == 512
    await chat.commands._engine.stop()
    assert history._timer is None
    again = (await opened(tmp_path, gateway))._engine
    assert [mib for _, mib in again.memory_history.points()] == [mib] and again.memory_history._timer is None
    await again.stop()
