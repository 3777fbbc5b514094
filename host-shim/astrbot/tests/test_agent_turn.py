"""A turn for AstrBot's agent loop: tool calls are handed out and their results taken back."""

from __future__ import annotations

import asyncio

import pytest
from astr_openclaw import Delta, Fault, Plugin, Reply, Turn
from gateway import Gateway
from openclaw.agent_turn import AgentTurn, Call

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def run(body) -> None:
    async def main() -> None:
        with Gateway() as gateway:
            async with await Plugin.load(gateway.config) as plugin:
                await asyncio.wait_for(body(plugin, gateway), 30)

    asyncio.run(main())


async def taken(turn: AgentTurn) -> list:
    return [piece async for piece in turn.pieces()]


def test_deltas_and_the_reply_come_through() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        turn = AgentTurn(None)
        turn.start(lambda: plugin.ask("abc"))
        *deltas, reply = await taken(turn)
        assert all(isinstance(delta, Delta) for delta in deltas) and isinstance(reply, Reply)
        assert "".join(delta.text for delta in deltas) == "abc"
        assert turn.ended

    run(body)


def test_a_call_is_handed_out_and_its_result_resumes_the_turn() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        turn = AgentTurn(None)
        tool = turn.tool("weather", "…", SCHEMA, "L1", 10)
        turn.start(lambda: plugin.ask('tool weather {"city": "北京"}', level="L1", tools=[tool]))
        (calls,) = await taken(turn)
        assert [(call.name, call.arguments) for call in calls] == [("weather", {"city": "北京"})]
        assert turn.waiting
        while plugin.status().in_flight != 1:
            await asyncio.sleep(0.01)
        assert not turn.resume({"another": "x"})
        assert turn.resume({calls[0].id: "晴"}) and isinstance(calls[0], Call)
        assert (await taken(turn))[-1].text == "晴"
        assert not turn.waiting

    run(body)


def test_astrbots_abort_signal_ends_a_turn_that_waits() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        abort = asyncio.Event()
        turn = AgentTurn(abort)
        tool = turn.tool("weather", "…", SCHEMA, "L1", 10)
        turn.start(lambda: plugin.ask("tool weather {}", level="L1", tools=[tool]))
        await taken(turn)
        abort.set()
        while not turn.ended:
            await asyncio.sleep(0.01)
        with pytest.raises(Fault, match="cancelled"):
            await taken(turn)
        while plugin.status().in_flight != 0:
            await asyncio.sleep(0.01)

    run(body)


def test_a_reader_that_is_cancelled_cancels_the_turn() -> None:
    async def body(plugin: Plugin, gateway: Gateway) -> None:
        turn = AgentTurn(None)
        turn.start(lambda: plugin.ask("hold"))
        reader = asyncio.create_task(taken(turn))
        await asyncio.to_thread(gateway.held.wait, 10)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await asyncio.to_thread(gateway.left.wait, 10)

    run(body)


def test_a_result_that_never_comes_is_told_to_the_model_as_a_timeout() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        turn = AgentTurn(None)
        tool = turn.tool("weather", "…", SCHEMA, "L1", 0.05)
        turn.start(lambda: plugin.ask("tool weather {}", level="L1", tools=[tool]))
        await taken(turn)
        assert "0.05 s" in (await taken(turn))[-1].text

    run(body)


# Report P1 (attack).
def test_once_the_calls_are_handed_out_the_reader_may_leave() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        turn = AgentTurn(None)
        tool = turn.tool("weather", "…", SCHEMA, "L1", 10)
        turn.start(lambda: plugin.ask("tool weather {}", level="L1", tools=[tool]))
        pieces = turn.pieces()
        (call,) = await pieces.__anext__()
        await pieces.aclose()
        assert turn.waiting and turn.handed == {call.id} and turn.resume({call.id: "晴"})
        assert (await taken(turn))[-1].text == "晴"
        # Reading once more gives the same and does not wait.
        assert (await taken(turn))[-1].text == "晴"

    run(body)


# Report P13 (attack). The component runs eight at once.
@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_the_calls_of_a_round_are_handed_out_together(count: int) -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        turn = AgentTurn(None)
        tool = turn.tool("weather", "…", SCHEMA, "L1", 10)
        turn.start(lambda: plugin.ask(f"tools weather {count}", level="L1", tools=[tool]))
        numbers: list[int] = []
        while isinstance((calls := (await taken(turn))[-1]), list):
            assert numbers or len(calls) == min(count, 8)
            numbers += [call.arguments["n"] for call in calls]
            assert turn.resume({call.id: str(call.arguments["n"]) for call in calls})
        assert numbers == list(range(1, count + 1)) and calls.text.split() == [str(n) for n in numbers]

    run(body)


# Report P13 (attack).
@pytest.mark.parametrize("error", [KeyError("a bug"), asyncio.CancelledError()])
def test_a_pump_that_dies_is_an_error_for_the_reader(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        async def broken(self: Turn) -> None:
            raise error

        monkeypatch.setattr(Turn, "reply", broken)
        turn = AgentTurn(None)
        turn.start(lambda: plugin.ask("hi"))
        with pytest.raises((KeyError, RuntimeError)):
            await taken(turn)
        monkeypatch.undo()
        while plugin.status().in_flight:
            await asyncio.sleep(0.01)

    run(body)
