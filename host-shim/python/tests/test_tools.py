"""Python callables as the model's tools."""

from __future__ import annotations

import asyncio
import json
import select
import threading

import pytest
from astr_openclaw import Fault, Notice, Plugin, Tool, ToolCall, ToolEnded
from gateway import Gateway

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def call(name: str, **arguments: object) -> str:
    return f"tool {name} {json.dumps(arguments)}"


async def test_an_async_tool_runs_on_the_loop_and_its_text_goes_back(plugin: Plugin) -> None:
    async def weather(city: str) -> str:
        assert asyncio.get_running_loop() is loop
        return f"{city}: 晴"

    loop = asyncio.get_running_loop()
    turn = plugin.ask(call("weather", city="北京"), level="L1", tools=[Tool("weather", weather, "…", CITY, "L1")])
    events = [event async for event in turn]
    assert [type(e) for e in events if isinstance(e, (ToolCall, ToolEnded))] == [ToolCall, ToolEnded]
    assert (await turn.reply()).text == "北京: 晴"


async def test_a_plain_function_runs_in_another_thread_and_other_values_become_json(plugin: Plugin) -> None:
    def where() -> dict[str, bool]:
        return {"main": threading.current_thread() is threading.main_thread()}

    reply = await plugin.ask(call("where"), level="L2", tools=[Tool("where", where)]).reply()
    assert json.loads(reply.text) == {"main": False}


# Report F1: half of an emoji in what a tool says, which no text of Rust can hold (serde-rs/json#827).
async def test_half_of_a_character_of_a_tool_is_replaced(plugin: Plugin) -> None:
    def half() -> str:
        return "cut \ud83d off"

    def fails() -> str:
        raise ValueError("cut \ud83d off")

    for tool in (half, fails):
        turn = plugin.ask(call(tool.__name__), level="L1", tools=[Tool(tool.__name__, tool, level="L1")])
        text = (await turn.reply()).text
        assert "cut \ufffd" in text and "off" in text, text


async def test_what_a_tool_raises_is_told_to_the_model_and_the_turn_goes_on(plugin: Plugin) -> None:
    async def broken() -> None:
        raise LookupError("no such thing")

    turn = plugin.ask(call("broken"), level="L2", tools=[Tool("broken", broken)])
    ended = [event async for event in turn if isinstance(event, ToolEnded)]
    assert [event.succeeded for event in ended] == [False]
    assert "LookupError: no such thing" in (await turn.reply()).text


async def test_wrong_arguments_are_told_to_the_model(plugin: Plugin) -> None:
    reply = await plugin.ask(call("one", b=2), level="L2", tools=[Tool("one", lambda a: a)]).reply()
    assert "TypeError" in reply.text


async def test_a_tool_that_takes_too_long_is_given_up(plugin: Plugin) -> None:
    stopped = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    reply = await plugin.ask(call("slow"), level="L2", tools=[Tool("slow", slow, timeout=0.05)]).reply()
    assert "0.05 s" in reply.text and stopped.is_set()


async def test_a_time_limit_of_the_tools_own_is_a_failure_of_the_tool(plugin: Plugin) -> None:
    async def impatient() -> None:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)

    reply = await plugin.ask(call("impatient"), level="L2", tools=[Tool("impatient", impatient)]).reply()
    assert "failed: TimeoutError" in reply.text and "timed out after" not in reply.text


async def test_what_cannot_be_json_is_a_failure_of_the_tool(plugin: Plugin) -> None:
    def endless() -> list:
        loop: list = []
        loop.append(loop)
        return loop

    reply = await plugin.ask(call("endless"), level="L2", tools=[Tool("endless", endless)]).reply()
    assert "failed: ValueError" in reply.text


async def test_a_tool_above_the_level_is_not_offered(plugin: Plugin) -> None:
    reply = await plugin.ask(call("root"), level="L1", tools=[Tool("root", lambda: "ran", level="L4")]).reply()
    assert reply.text == "not offered: root"


async def test_a_tool_that_does_not_exist_is_an_error_for_the_model_and_a_notice(plugin: Plugin) -> None:
    turn = plugin.ask(call("ghost"), level="L2", tools=[Tool("one", lambda: "1")])
    codes = [event.code async for event in turn if isinstance(event, Notice)]
    assert codes == ["tool_denied"] and "ghost" in (await turn.reply()).text


async def test_cancelling_the_turn_cancels_its_tool(plugin: Plugin) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.set()
            raise

    turn = plugin.ask(call("slow"), level="L2", tools=[Tool("slow", slow)])
    reply = asyncio.create_task(turn.reply())
    await asyncio.wait_for(started.wait(), 5)
    turn.cancel()
    with pytest.raises(Fault, match="cancelled"):
        await reply
    await asyncio.wait_for(stopped.wait(), 5)


async def test_a_turn_whose_reader_was_cancelled_runs_no_more_tools(plugin: Plugin, gateway: Gateway) -> None:
    ran = []
    turn = plugin.ask(call("note"), level="L2", tools=[Tool("note", lambda: ran.append(1))])
    reader = asyncio.create_task(turn.reply())
    await asyncio.sleep(0)
    # The call has come from the gateway, and the loop has not seen it yet.
    box, items = turn._box, []
    while not any(kind == "tool" for kind, *_ in items):
        assert select.select([box._reader], [], [], 20)[0]
        items += box.native.drain()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    for kind, key, *rest in items:
        box._handlers[key](kind, *rest)
    assert (await plugin.ask("after").reply()).text == "after"
    assert ran == []


def test_a_tool_must_be_callable_and_have_a_level() -> None:
    with pytest.raises(TypeError):
        Tool("x", "not callable")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="L0, L1"):
        Tool("x", print, level="high")
