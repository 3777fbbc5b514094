"""Approval of tool calls, through the callback and through `decide`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from astr_openclaw import (
    ApprovalEnded,
    ApprovalRequest,
    DecideError,
    Decision,
    Fault,
    Plugin,
    Tool,
    ToolCall,
    ToolEnded,
    Turn,
)
from conftest import status_of
from gateway import Gateway


class Wipe:
    """A tool that notes its calls."""

    def __init__(self, approval: str = "admin", name: str = "wipe") -> None:
        self.calls: list[dict[str, Any]] = []
        self.tool = Tool(name, self.run, level="L2", approval=approval)

    async def run(self, **arguments: Any) -> str:
        self.calls.append(arguments)
        return "wiped"


async def asked(turn: Turn) -> ApprovalRequest:
    async for event in turn:
        if isinstance(event, ApprovalRequest):
            return event
    raise AssertionError("the turn has ended")


async def test_a_yes_runs_exactly_the_calls_shown_and_says_who_decided(plugin: Plugin) -> None:
    seen: list[ApprovalRequest] = []

    async def approve(request: ApprovalRequest) -> Decision:
        seen.append(request)
        return Decision(True, by="Ann", role="admin")

    wipe = Wipe()
    turn = plugin.ask('tool wipe {"disk": 1}', level="L2", tools=[wipe.tool], approve=approve)
    events = [event async for event in turn]
    (request,) = seen
    assert request.approver == "admin" and 299 < request.expires_in_seconds <= 300
    assert [(call.name, call.arguments) for call in request.calls] == [("wipe", {"disk": 1})]
    kinds = (ApprovalRequest, ApprovalEnded, ToolCall, ToolEnded)
    assert [type(event) for event in events if isinstance(event, kinds)] == list(kinds)
    assert ApprovalEnded(request.request, "approved", "Ann") in events
    assert wipe.calls == [{"disk": 1}] and (await turn.reply()).text == "wiped"


async def raises(_: ApprovalRequest) -> bool:
    raise SystemExit(3)


async def never_asked(_: ApprovalRequest) -> bool:
    await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    return True


async def nonsense(_: ApprovalRequest) -> Any:
    return "yes"


async def stranger(_: ApprovalRequest) -> Decision:
    return Decision(True, by="Mallory", role="other")


async def asker(_: ApprovalRequest) -> Decision:
    return Decision(True, by="Bob", role="asker")


async def unknown_role(_: ApprovalRequest) -> Decision:
    return Decision(True, role="root")


async def no(_: ApprovalRequest) -> bool:
    return False


async def cancelled(_: ApprovalRequest) -> bool:
    raise asyncio.CancelledError


@pytest.mark.parametrize("approve", [raises, never_asked, nonsense, stranger, asker, unknown_role, no, cancelled])
async def test_anything_but_a_clear_yes_by_who_may_is_a_no(
    plugin: Plugin, approve: Callable[[ApprovalRequest], Awaitable[Any]]
) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    wipe = Wipe()
    turn = plugin.ask("tool wipe {}", level="L2", tools=[wipe.tool], approve=approve)
    ended = [event async for event in turn if isinstance(event, ApprovalEnded)]
    assert [event.decision for event in ended] == ["rejected"]
    assert wipe.calls == [] and (await turn.reply()).text != "wiped"
    assert bool(reported) == (approve in (raises, never_asked, nonsense, unknown_role)), reported


async def test_the_callback_is_asked_even_if_nobody_reads_the_events(plugin: Plugin) -> None:
    async def approve(_: ApprovalRequest) -> bool:
        return True

    wipe = Wipe()
    reply = await plugin.ask("tool wipe {}", level="L2", tools=[wipe.tool], approve=approve).reply()
    assert (reply.text, wipe.calls) == ("wiped", [{}])


async def test_two_tools_of_one_round_are_asked_by_kind_of_approver(gateway: Gateway) -> None:
    async with await Plugin.load(gateway.config) as plugin:
        wipe, note, look = Wipe("admin", "wipe"), Wipe("asker", "note"), Wipe("none", "look")
        text = 'each [["wipe", {"n": 1}], ["note", {"n": 2}], ["wipe", {"n": 3}], ["look", {}]]'
        turn = plugin.ask(text, level="L2", tools=[wipe.tool, note.tool, look.tool])
        requests = {}
        while len(requests) < 2:
            request = await asked(turn)
            requests[request.approver] = request
        assert [(c.name, c.arguments) for c in requests["admin"].calls] == [("wipe", {"n": 1}), ("wipe", {"n": 3})]
        assert [(c.name, c.arguments) for c in requests["asker"].calls] == [("note", {"n": 2})]
        pending = status_of(plugin).approvals
        assert {(p.turn, p.request, p.approver, p.tools) for p in pending} == {
            (turn.id, requests["admin"].request, "admin", ("wipe", "wipe")),
            (turn.id, requests["asker"].request, "asker", ("note",)),
        }
        await plugin.decide(turn.id, requests["admin"].request, False, by="Ann", role="admin")
        await plugin.decide(turn.id, requests["asker"].request, True, by="Bob", role="asker")
        text = (await turn.reply()).text
        assert (wipe.calls, note.calls, look.calls) == ([], [{"n": 2}], [{}])
        assert text.count("wiped") == 2 and status_of(plugin).approvals == ()


async def test_a_decision_without_effect_says_why_in_the_configs_language(gateway: Gateway) -> None:
    async with await Plugin.load({**gateway.config, "locale": "zh"}) as plugin:
        wipe = Wipe()
        turn = plugin.ask("tool wipe {}", level="L2", tools=[wipe.tool])
        request = (await asked(turn)).request

        async def refused(turn_id: str, request_id: str, role: str, approve: bool = True) -> str:
            with pytest.raises(DecideError) as error:
                await plugin.decide(turn_id, request_id, approve, by="Eve", role=role)
            assert str(error.value) == error.value.message and "请求" in error.value.message
            return error.value.code

        assert await refused(turn.id, request, "other") == "not_permitted"
        assert await refused(turn.id, request, "other", False) == "not_permitted"
        assert await refused(turn.id, request, "asker") == "not_permitted"
        assert await refused("turn-99", request, "admin") == "not_pending"
        assert await refused(turn.id, "\ud83d", "admin") == "not_pending"
        with pytest.raises(ValueError, match="unknown role 'root'; allowed are other, asker, admin"):
            await plugin.decide(turn.id, request, True, by="Eve", role="root")
        with pytest.raises(TypeError):
            await plugin.decide(turn.id, request, "no", by="Eve", role="admin")  # type: ignore[arg-type]
        await plugin.decide(turn.id, request, True, by="Ann", role="admin")
        with contextlib.suppress(StopAsyncIteration):
            while not isinstance(await anext(turn), ApprovalEnded):
                pass
        await turn.reply()
        assert wipe.calls == [{}]
        assert await refused(turn.id, request, "admin") == "not_pending"


async def waiting(plugin: Plugin, **options: Any) -> tuple[Turn, asyncio.Event, Wipe]:
    """A turn whose callback has been asked; the event is set when the callback's task is cancelled."""
    begun, stopped, wipe = asyncio.Event(), asyncio.Event(), Wipe()

    async def approve(_: ApprovalRequest) -> bool:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return True

    turn = plugin.ask("tool wipe {}", level="L2", tools=[wipe.tool], approve=approve, **options)
    await asyncio.wait_for(begun.wait(), 10)
    return turn, stopped, wipe


async def test_the_callback_is_cancelled_when_somebody_else_decides(plugin: Plugin) -> None:
    turn, stopped, wipe = await waiting(plugin)
    (pending,) = status_of(plugin).approvals
    await plugin.decide(turn.id, pending.request, True, by="Ann", role="admin")
    await asyncio.wait_for(stopped.wait(), 10)
    assert (await turn.reply()).text == "wiped" and wipe.calls == [{}]


async def test_cancelling_the_turn_or_closing_the_plugin_means_no(gateway: Gateway) -> None:
    async with await Plugin.load(gateway.config) as plugin:
        turn, stopped, wipe = await waiting(plugin)
        (pending,) = status_of(plugin).approvals
        turn.cancel()
        with pytest.raises(Fault, match="cancelled"):
            await turn.reply()
        await asyncio.wait_for(stopped.wait(), 10)
        with pytest.raises(DecideError) as late:
            await plugin.decide(turn.id, pending.request, True, by="Ann", role="admin")
        assert (late.value.code, wipe.calls) == ("not_pending", [])

        turn, stopped, wipe = await waiting(plugin)
        (pending,) = status_of(plugin).approvals
        await plugin.close()
        with pytest.raises(Fault, match="cancelled"):
            await turn.reply()
        await asyncio.wait_for(stopped.wait(), 10)
        with pytest.raises(Fault, match="cancelled"):
            await plugin.decide(turn.id, pending.request, True, by="Ann", role="admin")
        assert wipe.calls == []


async def test_a_request_that_expires_is_a_no_and_the_next_turn_waits_meanwhile(gateway: Gateway) -> None:
    async with await Plugin.load({**gateway.config, "approval_timeout_seconds": 1}) as plugin:
        turn, stopped, wipe = await waiting(plugin)
        next_one = plugin.ask("next")
        while gateway.running:
            await asyncio.sleep(0.005)
        assert status_of(plugin).approvals  # No request is open while somebody thinks.
        ended = [event async for event in turn if isinstance(event, ApprovalEnded)]
        assert [(event.decision, event.by) for event in ended] == [("expired", "")]
        await asyncio.wait_for(stopped.wait(), 10)
        assert wipe.calls == []
        await turn.reply()
        assert (await next_one.reply()).text == "next"


def test_an_unknown_approval_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown approval 'root'; allowed are none, asker, admin"):
        Tool("wipe", print, approval="root")


async def test_approve_must_be_callable(plugin: Plugin) -> None:
    with pytest.raises(TypeError, match="`approve` is an async function, not a bool"):
        plugin.ask("hi", approve=True)  # type: ignore[arg-type]
