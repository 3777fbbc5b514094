"""OpenClaw as AstrBot's chat model: tool calls, and the turns that wait for their results."""

from __future__ import annotations

import asyncio
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_astrbot import FunctionTool, ToolSet
from openclaw import pending_calls, reentry
from openclaw import provider as adapter
from provider_rig import CHAT, PNG, TOOLS, Admin, Rig, both, called, run, user


# Report P1 (attack): AstrBot leaves the stream once it has a whole response. Generators that clean up
# when their reader leaves are easily wrong in either direction (openai/openai-agents-python#4051).
@both
def test_tool_calls_outlive_the_stream_that_handed_them_out(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        messages = [user('tool astrbot_weather {"city": "北京"}')]
        assert await rig.loop(streaming, messages, lambda city: f"{city}：晴", session_id=CHAT) == "北京：晴"
        assert [line["outcome"] for line in rig.audit.lines] == ["tools", "completed"]
        # It was the same turn, answered as the gateway's protocol wants it.
        assert rig.gateway.requests[1]["input"][-1]["type"] == "function_call_output"
        assert (await rig.engine.status_now()).counters.cancelled == 0

    run(tmp_path, body)


@both
def test_calls_of_one_round_are_handed_out_together(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        messages = [user("tools astrbot_weather 5")]
        assert await rig.loop(streaming, messages, lambda n: f"#{n}", session_id=CHAT) == "#1\n#2\n#3\n#4\n#5"
        assert [len(m["tool_calls"]) for m in messages if m.get("tool_calls")] == [5]
        # AstrBot leaves some results out: a tool that says nothing has none.
        messages = [user("tools astrbot_weather 3")]
        response = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[1], "content": "two"}]
        answer = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert "two" in answer.completion_text and answer.completion_text.count("no result for this call") == 2

    run(tmp_path, body)


@pytest.mark.parametrize("leave", ["close", "cancel", "drop"])
def test_leaving_before_the_response_is_whole_ends_the_turn(tmp_path: Path, leave: str) -> None:
    async def body(rig: Rig) -> None:
        stream = rig.provider.text_chat_stream("hold", CHAT)
        assert (await stream.__anext__()).is_chunk
        if leave == "close":
            await stream.aclose()
        elif leave == "cancel":
            assert await asyncio.to_thread(rig.gateway.held.wait, 10)

            async def read() -> None:
                async for _ in stream:
                    pass

            task = asyncio.ensure_future(read())
            await asyncio.sleep(0)  # It has begun to wait.
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            del stream
        await rig.idle()
        assert rig.gateway.left.wait(5) and rig.audit.lines[-1]["code"] == "cancelled"

    run(tmp_path, body)


@both
def test_a_loop_without_a_session_runs_its_tools(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        loops = [
            rig.loop(streaming, [user(f'tool astrbot_weather {{"city": "{city}"}}')], lambda city: f"in {city}")
            for city in "AB"
        ]
        assert await asyncio.gather(*loops) == ["in A", "in B"]

    run(tmp_path, body)


# Report P5 (attack).
def test_a_loop_that_ends_with_a_tool_holds_nothing(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        request: dict[str, Any] = {
            "contexts": [user("tool astrbot_weather {}")],
            "func_tool": TOOLS,
            "session_id": CHAT,
        }

        # A tool has answered the user itself: AstrBot tells its plugins.
        await rig.ask(True, **request)
        adapter.loop_ended("another chat")
        assert (await rig.engine.status_now()).in_flight == 1
        adapter.loop_ended(CHAT)
        await rig.idle()

        # The task of the loop ends, is cancelled, or fails.
        async def take(end: Callable[[], Any]) -> None:
            await rig.ask(True, **request)
            end()

        def fail() -> None:
            raise LookupError

        for end in (lambda: None, fail, lambda: asyncio.current_task().cancel()):  # type: ignore[union-attr]
            task = asyncio.create_task(take(end))
            await asyncio.wait({task})
            await rig.idle()
            if not task.cancelled():
                task.exception()
        # One that only carries the response to the loop does not end it.
        carrier = asyncio.create_task(rig.ask(True, **request))
        response = await carrier
        # Callbacks run in the order of their registration: this one runs last.
        told = asyncio.Event()
        carrier.add_done_callback(lambda _: told.set())
        await told.wait()
        held = rig.provider._pending.turn_of(response.tools_call_ids)
        assert held is not None and held.waiting and not held.given_up
        await rig.provider.terminate()
        await rig.idle()

    run(tmp_path, body)


def test_a_task_that_calls_tools_again_and_again_gathers_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pending_calls, "_PATIENCE", 0.01)
    monkeypatch.setattr(pending_calls, "_LOOK", 0.01)

    async def body(rig: Rig) -> None:
        for _ in range(3):
            await rig.loop(True, [user("tool astrbot_weather {}")], lambda: "x", session_id=CHAT)
        while "_give_up_with" in repr(getattr(asyncio.current_task(), "_callbacks", None)):
            await asyncio.sleep(0.01)

    run(tmp_path, body)


# Report P5, P6 (attack): a tool that asks the model itself (AstrBot's sub-agents), or one that is slow.
@both
def test_a_waiting_turn_gives_way_and_its_results_are_still_taken(
    tmp_path: Path, monkeypatch: Any, streaming: bool
) -> None:
    monkeypatch.setattr(pending_calls, "_PATIENCE", 0.05)
    monkeypatch.setattr(pending_calls, "_LOOK", 0.05)

    async def body(rig: Rig) -> None:
        async def sub_agent() -> str:
            return (await rig.ask(streaming, "inner", "")).completion_text

        answer = await rig.loop(streaming, [user("tool astrbot_weather {}")], sub_agent, session_id=CHAT)
        assert "inner" in answer
        assert rig.gateway.texts()[1] == "inner" and "astrbot" not in rig.gateway.texts()[2]
        # In the session that has asked for them.
        assert rig.sessions()[0] == rig.sessions()[2] != rig.sessions()[1]

    run(tmp_path, body)


# Report P6 (attack).
@both
def test_a_second_caller_with_the_same_session_takes_nothing_away(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        messages = [user('tool astrbot_weather {"city": "A"}')]
        first = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        second = asyncio.create_task(rig.ask(streaming, contexts=[user("second")], session_id=CHAT))
        while not rig.engine.status().queued:
            await asyncio.sleep(0.01)
        messages += [called(first), {"role": "tool", "tool_call_id": first.tools_call_ids[0], "content": "mine"}]
        answer = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert (answer.completion_text, (await second).completion_text) == ("mine", "second")

    run(tmp_path, body)


def test_the_same_question_with_the_tools_parameters_replaces_the_first(tmp_path: Path) -> None:
    """AstrBot's `skills_like` mode: it never comes back for the first calls."""

    async def body(rig: Rig) -> None:
        messages = [user('tool astrbot_weather {"city": "A"}')]
        first = await rig.ask(False, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        second = await rig.ask(
            False,
            contexts=[{"role": "system", "content": "now with arguments"}, *messages],
            func_tool=TOOLS,
            session_id=CHAT,
        )
        assert first.tools_call_ids != second.tools_call_ids
        messages += [called(second), {"role": "tool", "tool_call_id": second.tools_call_ids[0], "content": "done"}]
        assert (await rig.ask(False, contexts=messages, func_tool=TOOLS, session_id=CHAT)).completion_text == "done"

    run(tmp_path, body)


# Report P6 (attack).
@both
def test_results_after_a_restart_are_sent_as_text(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        call = {"id": "call_of_another_life", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        messages = [
            user("how is it?"),
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "晴"},
        ]
        answer = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert answer.role == "assistant" and "weather {}:\n晴" in answer.completion_text
        assert "user: how is it?" in rig.gateway.requests[-1]["instructions"]
        # As older AstrBots pass them, apart from the messages.
        results = types.SimpleNamespace(to_openai_messages=lambda: messages[1:])
        for given in (results, [results], (results,)):
            answer = await rig.ask(streaming, contexts=messages[:1], tool_calls_result=given, session_id=CHAT)
            assert "晴" in answer.completion_text

    run(tmp_path, body)


@both
def test_what_is_said_behind_the_results_reaches_the_model(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        # AstrBot's own limit of steps: it takes the tools away and says so.
        messages = [user("again astrbot_weather")]
        for _ in range(2):
            response = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
            messages += [
                called(response),
                {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "so far"},
            ]
        messages.append(user("no more steps, sum up"))
        answer = await rig.ask(streaming, contexts=messages, func_tool=None, session_id=CHAT)
        assert answer.completion_text == "so far\n\nno more steps, sum up"
        # If the model goes on calling, the calls fail.
        messages = [user("again astrbot_weather")]
        response = await rig.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "1"}]
        answer = await rig.ask(streaming, contexts=messages, func_tool=None, session_id=CHAT)
        assert "no more tools" in answer.completion_text

    run(tmp_path, body)


def test_a_picture_behind_the_results_is_shown_in_a_turn_of_its_own(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        messages = [user("tool astrbot_weather {}")]
        response = await rig.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [
            called(response),
            {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "see below"},
        ]
        messages.append(
            {
                "role": "user",
                "content": [{"type": "text", "text": "the picture"}, {"type": "image_url", "image_url": {"url": PNG}}],
            }
        )
        answer = await rig.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert "see below" in answer.completion_text and "the picture" in answer.completion_text
        assert rig.sessions()[0] == rig.sessions()[-1]

    run(tmp_path, body)


# Report P13 (attack).
def test_a_pump_that_dies_is_an_error_and_no_silence(tmp_path: Path, monkeypatch: Any) -> None:
    async def body(rig: Rig) -> None:
        from astr_openclaw import Turn

        async def broken(self: Turn) -> Any:
            raise KeyError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(Turn, "reply", broken)
            for streaming in (False, True):
                answer = await rig.ask(streaming, "hi", CHAT)
                assert answer.role == "err" and "KeyError" in answer.completion_text
        await rig.idle()
        assert (await rig.ask(True, "next", CHAT)).completion_text == "next"

    run(tmp_path, body)


# Report P13 (attack).
def test_results_that_come_in_another_loop_are_sent_as_text(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        messages = [user("tool astrbot_weather {}")]
        response = await rig.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "late"}]
        found: list[str] = []

        def elsewhere() -> None:
            answer = asyncio.run(rig.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT))
            found.append(answer.completion_text)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join, 30)
        assert found and "late" in found[0]

    run(tmp_path, body)


def test_as_a_chat_model_openclaw_does_not_delegate_to_itself(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.asking = Admin(CHAT)
        offered = ToolSet([FunctionTool(name, "…", {"type": "object"}) for name in ("weather", "delegate_to_openclaw")])
        await rig.ask(False, contexts=[user("hi")], func_tool=offered, session_id=CHAT)
        names = [tool.get("name") or tool["function"]["name"] for tool in rig.gateway.requests[0]["tools"]]
        assert "astrbot_weather" in names and not [name for name in names if "delegate" in name]
        # Nor does whatever AstrBot runs for this message.
        assert reentry.inside_turn(rig.asking)

    run(tmp_path, body)
