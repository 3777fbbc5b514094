"""What the status page does over time: keys and presses, refreshes, failures."""

from __future__ import annotations

import asyncio
import json

import pytest
from approval_rig import Chat
from astr_openclaw import Delta
from chat_rig import until
from scene import Turn, busy
from stage import Stage

pytest_plugins = ["page_fixtures"]
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_everything_is_reached_and_seen_by_keyboard(stage: Stage, chat: Chat) -> None:
    await busy(chat)
    for theme in ("light", "dark"):
        await stage.open(theme=theme)
        stops = await stage.run("looks.stops()")
        # The calls, approve, reject; outputs and cancels of the tasks; close the breakers.
        assert len(stops) == 9, stops
        for shift, order in ((False, stops), (True, stops[-2::-1])):
            for stop in order:
                await stage.browser.press("Tab", shift=shift)
                focus = await stage.run("looks.focus()")
                assert focus and focus["name"] == stop and focus["visible"], (focus, stop)


async def test_a_refresh_keeps_the_focus_and_says_nothing(stage: Stage, chat: Chat) -> None:
    first, _ = await busy(chat)
    chat.commands._engine.component_problem = "…"
    await stage.open()
    for stop in await stage.run("looks.stops()"):
        await stage.browser.press("Tab")
        await stage.run("window.before = document.activeElement; looks.listen()")
        first.saw(Delta("more\n"))
        await stage.refreshed()
        assert await stage.run("document.activeElement === before && before.isConnected"), stop
        assert await stage.run("looks.said") == []
    # Nor does it lose a selection, or where a text was scrolled to.
    await stage.run(
        "getSelection().selectAllChildren(document.getElementById('component')); document.querySelector('pre').scrollTop = 10"
    )
    chosen = await stage.run("getSelection().toString()")
    first.saw(Delta("even more\n"))
    await stage.refreshed()
    assert "SHA-256" in chosen and await stage.run("getSelection().toString()") == chosen
    assert "even more" in await stage.run("document.querySelector('pre').textContent")
    assert await stage.run("document.querySelector('pre').scrollTop") == 10


async def test_polls_while_visible_only(stage: Stage, chat: Chat) -> None:
    async def polls(times: int) -> None:
        for _ in range(times):
            before = stage.asked["/api/state"]
            await until(lambda before=before: stage.asked["/api/state"] > before)

    await stage.open(faster=20)
    assert await stage.run("intervals") == [2000]
    await polls(3)
    call, page = stage.browser.call, stage.browser.page
    other = await call("Target.createTarget", url="about:blank")
    await call("Emulation.setFocusEmulationEnabled", page, enabled=False)
    await stage.until("document.hidden")
    before = stage.asked["/api/state"]
    await asyncio.sleep(1)  # Ten polls.
    assert stage.asked["/api/state"] == before
    await call("Target.closeTarget", targetId=other["targetId"])
    await call("Emulation.setFocusEmulationEnabled", page, enabled=True)
    await call("Page.bringToFront", page)
    await polls(1)


@pytest.mark.parametrize("key", ["Enter", " ", "click"])
async def test_presses_reach_the_server_once(stage: Stage, chat: Chat, key: str) -> None:
    async def press(label: str) -> None:
        found = f"document.querySelector(`[aria-label^='{label}']:not([aria-disabled])`)"
        await stage.until(f"window.pressed = {found}")
        await stage.run("pressed.focus(); pressed.scrollIntoView({ block: 'center' })")
        await stage.until("performance.now() - movedAt > SETTLING_MS")  # What has just moved takes no clicks.
        for _ in range(3):
            if key == "click":
                x, y = await stage.run(
                    "(({ x, y, width, height }) => [x + width / 2, y + height / 2])(pressed.getBoundingClientRect())"
                )
                for kind in ("mousePressed", "mouseReleased"):
                    how = {"x": x, "y": y, "button": "left", "clickCount": 1}
                    await stage.browser.call("Input.dispatchMouseEvent", stage.browser.page, type=kind, **how)
            else:
                await stage.browser.press(key)
        # The focus stays on it, whatever has become of it.
        assert await stage.run("document.activeElement === pressed")

    await stage.open()
    event, asked = chat.ask('tool admin_tool {"n": 1}', group="555")
    (name,) = await chat.question(event)
    await stage.refreshed()
    before = stage.asked.copy()
    await press(f"Approve {name}")
    await stage.until("document.body.innerText.includes('Done')")
    assert (await asked)[-1] == "the tool has run" and stage.asked["/api/decide"] == before["/api/decide"] + 1
    assert chat.ran[-1] == {"n": 1}

    event, asked = chat.ask('tool admin_tool {"n": 2}', group="555")
    (name,) = await chat.question(event)
    await stage.refreshed()
    await press(f"Reject {name}")
    await asked
    assert chat.ran[-1] == {"n": 1} and stage.asked["/api/decide"] == before["/api/decide"] + 2

    event, asked = chat.ask("hold")
    await until(chat.gateway.held.is_set)
    await stage.refreshed()
    await press("Cancel: Chat task")
    await asked
    assert "取消" in event.sent[-1] and stage.asked["/api/cancel"] == before["/api/cancel"] + 1
    await stage.refreshed()
    assert await stage.run("document.querySelector('#tasks .state').textContent") == "ended"
    lines = [line["who"] for line in chat.audit() if line["outcome"] in ("approved", "rejected", "task_cancelled")]
    assert lines == ["dashboard:boss"] * 3


async def test_closes_the_breakers(stage: Stage, chat: Chat) -> None:
    chat.gateway.token = "another"
    for _ in range(2):
        await chat.ask("你好")[1]
    await stage.open()
    assert "open (requests paused)" in await stage.run("document.body.innerText")
    await stage.run("document.querySelector('#reset button').focus()")
    await stage.browser.press("Enter")
    await stage.until("document.querySelector('#reset .result').textContent === 'Breakers closed'")
    await stage.until("document.body.innerText.includes('closed (normal)')")
    assert stage.asked["/api/reset"] == 1


async def test_an_answer_that_fails_is_said_once_and_the_page_recovers(stage: Stage, chat: Chat) -> None:
    await stage.open()
    for how, why in (("error", "<b>the proxy says no</b>"), ("nonsense", "unreadable answer")):
        await stage.run("looks.listen()")
        stage.broken = how
        await stage.refreshed(3)
        lost = await stage.run("document.getElementById('lost').innerText")
        assert "Cannot get the current state" in lost and why in lost
        assert len(await stage.run("looks.said")) == 1
        # A press says so too, and can be tried again.
        await stage.run("document.querySelector('#reset button').focus()")
        await stage.browser.press("Enter")
        await stage.until(f"document.querySelector('#reset .result').textContent.includes({json.dumps(why)})")
        stage.broken = ""
        await stage.refreshed()
        assert await stage.run("document.getElementById('lost').textContent") == ""
        assert await stage.run("document.getElementById('announce').textContent") == "Updates have resumed."
        await stage.browser.press("Enter")
        await stage.until("document.querySelector('#reset .result').textContent === 'Breakers closed'")
    await stage.shot("after-failures")


async def test_an_answer_that_never_comes_is_said_and_only_one_is_waited_for(stage: Stage, chat: Chat) -> None:
    await stage.open(faster=10)
    stage.broken = "hang"
    before = stage.asked["/api/state"]
    await stage.until("document.getElementById('lost').textContent.includes('no answer')")
    assert stage.asked["/api/state"] - before <= 2
    stage.broken = ""
    await stage.until("document.getElementById('lost').textContent === ''")


async def test_what_has_ended_stays_for_a_while_and_takes_no_click_meant_for_another(stage: Stage, chat: Chat) -> None:
    first, second = (Turn(chat, str(n), f"qq:{n}", "qq:FriendMessage:1") for n in (1, 2))
    await stage.open()
    await stage.run(
        "window.now = performance.now.bind(performance); window.skipped = 0; performance.now = () => now() + skipped"
    )
    first.approvals.close()
    await stage.refreshed()
    names = "[...document.querySelectorAll('#tasks h3')].map((head) => head.textContent)"
    assert len(await stage.run(names)) == 2
    assert await stage.run("[...document.querySelectorAll('#tasks .state')].map((state) => state.textContent)") == [
        "ended",
        "running",
    ]
    # Not while somebody is there.
    await stage.run("document.querySelector('#tasks pre').focus(); skipped = 20000")
    await stage.refreshed()
    assert len(await stage.run(names)) == 2
    # Unless there are too many; but never what has the focus.
    more = [Turn(chat, str(n), f"qq:{n}", "qq:FriendMessage:1") for n in range(3, 70)]
    await stage.refreshed()
    for turn in more:
        turn.approvals.close()
    await stage.refreshed()
    await stage.run("skipped += 20000")
    await stage.refreshed()
    assert len(await stage.run(names)) == 60 and (await stage.run(names))[0].endswith("qq:1")
    await stage.run("document.activeElement.blur()")
    await stage.refreshed()
    assert len(await stage.run(names)) == 1
    # It has just moved to where the other one was.
    await stage.run("document.querySelector('#tasks button').dispatchEvent(new MouseEvent('click', { detail: 1 }))")
    assert second.stopped == 0 and stage.asked["/api/cancel"] == 0
    await stage.run(
        "skipped += 1000; document.querySelector('#tasks button').dispatchEvent(new MouseEvent('click', { detail: 1 }))"
    )
    await until(lambda: second.stopped == 1)
