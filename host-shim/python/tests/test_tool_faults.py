"""Tools that end in every way but the usual one: the model is answered, in time, and the loop and
the queue go on."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time

import pytest
from astr_openclaw import Plugin, Tool, ToolEnded
from gateway import Gateway


def call(name: str, **arguments: object) -> str:
    return f"tool {name} {json.dumps(arguments)}"


class Odd(BaseException):
    """As some test and concurrency libraries have them."""


class Mute(Exception):
    """Whose text fails."""

    def __str__(self) -> str:
        raise Odd


ENDS = {
    "odd": Odd("odd"),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "generator": GeneratorExit(),
    "cancelled": asyncio.CancelledError(),
    "stop": StopIteration(5),
    "stop async": StopAsyncIteration(),
    "mute": Mute(),
    "deep": RecursionError(),
    "half": ValueError("\ud83d"),
}


async def one(plugin: Plugin, run, **tool) -> str:
    """A turn with one call of this tool, and the next turn: the queue goes on."""
    turn = plugin.ask(call("t"), level="L2", tools=[Tool("t", run, **tool)])
    ended = [event.succeeded async for event in turn if isinstance(event, ToolEnded)]
    text = (await turn.reply()).text
    assert ended == [False], text
    assert (await plugin.ask("next").reply()).text == "next"
    return text


# Report P3, P7 (attack; python/cpython#22654: a BaseException makes its waiter hang for ever).
@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("plain", [False, True])
async def test_whatever_a_tool_raises_is_a_failed_tool(plugin: Plugin, name: str, plain: bool) -> None:
    def function() -> None:
        raise ENDS[name]

    async def coroutine() -> None:
        raise ENDS[name]

    text = await asyncio.wait_for(one(plugin, function if plain else coroutine), 20)
    assert "the tool 't' failed: " in text


# Report P7 (attack).
async def test_sys_exit_in_a_plain_tool_ends_neither_the_loop_nor_the_turn(plugin: Plugin) -> None:
    assert "SystemExit: 3" in await one(plugin, lambda: sys.exit(3))


# Report P3 (attack).
async def test_a_tool_that_cancels_its_own_task_is_a_failed_tool(plugin: Plugin) -> None:
    async def cancels() -> None:
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        await asyncio.sleep(0)

    assert "CancelledError" in await one(plugin, cancels)


# Report P8 (attack).
async def test_a_tool_that_ignores_its_cancellation_is_given_up_in_time(plugin: Plugin) -> None:
    release, ignored = asyncio.Event(), []

    async def stubborn() -> str:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                ignored.append(1)
        return "late"

    # Were it waited for, the reply would never come: `release` is only set after it.
    assert "timed out after" in await asyncio.wait_for(one(plugin, stubborn, timeout=0.05), 20)
    release.set()
    await asyncio.sleep(0)


# Report P8 (attack).
async def test_a_tool_that_blocks_the_loop_does_not_hold_the_queue(gateway: Gateway) -> None:
    ran = threading.Event()

    async def blocks() -> str:
        # Until the gateway has had the tool's answer, which needs no loop.
        for _ in range(2000):
            if len(gateway.requests) > 1:
                ran.set()
                break
            time.sleep(0.01)
        return "late"

    async with await Plugin.load(gateway.config) as plugin:
        assert "timed out after" in await one(plugin, blocks, timeout=0.05)
    assert ran.is_set()


# Report P8 (attack).
async def test_plain_tools_that_never_end_use_up_no_pool(plugin: Plugin) -> None:
    release = threading.Event()
    try:
        for _ in range(40):
            turn = plugin.ask(call("t"), level="L2", tools=[Tool("t", release.wait, timeout=0.01)])
            assert "timed out after" in (await turn.reply()).text
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 20) == "free"
    finally:
        release.set()


async def test_a_plain_function_that_returns_a_coroutine_is_awaited(plugin: Plugin) -> None:
    async def inner(a: str) -> str:
        return a * 2

    tool = Tool("t", lambda a: inner(a))
    assert (await plugin.ask(call("t", a="x"), level="L2", tools=[tool]).reply()).text == "xx"


# Report P12 (attack): such a turn lived on, and with it the one place in the queue.
@pytest.mark.parametrize("plain", [False, True])
async def test_a_turn_that_nobody_holds_ends_while_its_tool_runs(plugin: Plugin, plain: bool) -> None:
    started, release = threading.Event(), threading.Event()
    stopped = asyncio.Event()

    async def slow() -> None:
        started.set()
        try:
            await asyncio.sleep(600)
        finally:
            stopped.set()

    def blocks() -> None:
        started.set()
        release.wait(600)

    turn = plugin.ask(call("t"), level="L2", tools=[Tool("t", blocks if plain else slow, timeout=None)])
    try:
        await asyncio.to_thread(started.wait, 20)
        del turn
        gc.collect()
        reply = await asyncio.wait_for(plugin.ask("next").reply(), 20)
        assert reply.text == "next"
        if not plain:
            await asyncio.wait_for(stopped.wait(), 20)
    finally:
        release.set()


# Report F1: half of a surrogate pair (Aider-AI/aider#3693: emoji from a model end in "surrogates not allowed").
@pytest.mark.parametrize("said", ["hi \ud83d", "\ude00", "\ud83d\ude00", {"a": ["\ud83d"]}])
async def test_what_a_tool_says_may_hold_half_a_surrogate_pair(plugin: Plugin, said: object) -> None:
    reply = await plugin.ask(call("t"), level="L2", tools=[Tool("t", lambda: said)]).reply()
    assert reply.text == {"hi \ud83d": "hi \ufffd", "\ude00": "\ufffd", "\ud83d\ude00": "\U0001f600"}.get(
        str(said), '{"a": ["\ufffd"]}'
    )


# Report F1.
async def test_a_tool_hears_no_half_a_surrogate_pair(plugin: Plugin) -> None:
    heard: list[object] = []
    tool = Tool("t", lambda **arguments: heard.append(arguments))
    await plugin.ask(r'tool t {"a": "x\ud83d", "b": ["\ude00\ud83d\ude00"]}', level="L2", tools=[tool]).reply()
    for arguments in heard:
        json.dumps(arguments, ensure_ascii=False).encode()
    assert heard in ([], [{"a": "x\ufffd", "b": ["\ufffd\U0001f600"]}])


# Report F1.
async def test_what_a_user_says_may_hold_half_a_surrogate_pair(plugin: Plugin, gateway: Gateway) -> None:
    tool = Tool("t", lambda: "", "d\ud83d", {"type": "object", "properties": {"p\ude00": {"type": "string"}}})
    turn = plugin.ask("hi \ud83d", session="s\ud83d", instructions="i\ud83d", level="L2", tools=[tool])
    assert (await turn.reply()).text == "hi \ufffd"
    assert "\\ud8" not in json.dumps(gateway.requests) and "d\ufffd" in json.dumps(gateway.requests, ensure_ascii=False)
