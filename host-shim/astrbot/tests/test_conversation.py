"""A turn for AstrBot's agent loop: tool calls are handed out and their results taken back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from openclaw.conversation import Call, Conversation, images_of, text_of, tool_results

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

from astr_openclaw import Delta, Fault, Plugin, Reply  # noqa: E402
from gateway import Gateway  # noqa: E402

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def run(body) -> None:
    async def main() -> None:
        with Gateway() as gateway:
            async with await Plugin.load(gateway.config) as plugin:
                await asyncio.wait_for(body(plugin, gateway), 30)

    asyncio.run(main())


async def taken(talk: Conversation) -> list:
    return [piece async for piece in talk.pieces()]


def test_deltas_and_the_reply_come_through() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        talk = Conversation(None)
        talk.start(lambda: plugin.ask("abc"))
        *deltas, reply = await taken(talk)
        assert deltas == [Delta("a"), Delta("b"), Delta("c")] and isinstance(reply, Reply)
        assert talk.ended

    run(body)


def test_a_call_is_handed_out_and_its_result_resumes_the_turn() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        talk = Conversation(None)
        tool = talk.tool("weather", "…", SCHEMA, "L1", 10)
        talk.start(lambda: plugin.ask('tool weather {"city": "北京"}', level="L1", tools=[tool]))
        (calls,) = await taken(talk)
        assert [(call.name, call.arguments) for call in calls] == [("weather", {"city": "北京"})]
        assert talk.waiting
        while plugin.status().in_flight != 1:
            await asyncio.sleep(0.01)
        assert not talk.resume({"another": "x"})
        assert talk.resume({calls[0].id: "晴"}) and isinstance(calls[0], Call)
        assert (await taken(talk))[-1].text == "晴"
        assert not talk.waiting

    run(body)


def test_astrbots_abort_signal_ends_a_turn_that_waits() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        abort = asyncio.Event()
        talk = Conversation(abort)
        tool = talk.tool("weather", "…", SCHEMA, "L1", 10)
        talk.start(lambda: plugin.ask("tool weather {}", level="L1", tools=[tool]))
        await taken(talk)
        abort.set()
        while not talk.ended:
            await asyncio.sleep(0.01)
        with pytest.raises(Fault, match="cancelled"):
            await taken(talk)
        while plugin.status().in_flight != 0:
            await asyncio.sleep(0.01)

    run(body)


def test_a_reader_that_is_cancelled_cancels_the_turn() -> None:
    async def body(plugin: Plugin, gateway: Gateway) -> None:
        talk = Conversation(None)
        talk.start(lambda: plugin.ask("hold"))
        reader = asyncio.create_task(taken(talk))
        await asyncio.to_thread(gateway.held.wait, 10)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await asyncio.to_thread(gateway.left.wait, 10)

    run(body)


def test_a_result_that_never_comes_is_told_to_the_model_as_a_timeout() -> None:
    async def body(plugin: Plugin, _: Gateway) -> None:
        talk = Conversation(None)
        tool = talk.tool("weather", "…", SCHEMA, "L1", 0.05)
        talk.start(lambda: plugin.ask("tool weather {}", level="L1", tools=[tool]))
        await taken(talk)
        assert "0.05 s" in (await taken(talk))[-1].text

    run(body)


def test_results_at_the_end_of_the_messages_are_found() -> None:
    messages = [
        {"role": "tool", "tool_call_id": "old", "content": "no"},
        {"role": "assistant", "content": None},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
    ]
    assert tool_results(messages) == {"a": "1", "b": "2"}
    assert tool_results([{"role": "user", "content": "hi"}]) == {}


def test_text_and_images_of_a_message() -> None:
    content = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    assert (text_of(content), images_of(content)) == ("see", ["data:image/png;base64,AA=="])
    assert (text_of(None), images_of("plain")) == ("", [])
