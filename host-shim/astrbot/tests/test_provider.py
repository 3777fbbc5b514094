"""OpenClaw as AstrBot's chat model: what AstrBot does with a provider, with a gateway behind it."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import threading
import types
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import STAR
from openclaw import access, pending_calls
from openclaw import provider as adapter
from openclaw.engine import Engine
from openclaw.provider import TYPE, OpenClawProvider, register_provider
from openclaw.settings import Settings
from openclaw.talks import Talks
from stand_ins import FunctionTool, LLMResponse, Message, ToolSet, provider_cls_map

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

from astr_openclaw import shipped_component  # noqa: E402
from gateway import Gateway  # noqa: E402

CHAT = "fakeqq:FriendMessage:10001"
GROUP = "fakeqq:GroupMessage:555"
PNG = "data:image/png;base64,iVBORw0KGgo="

both = pytest.mark.parametrize("streaming", [False, True])


class Admin:
    """Whose message AstrBot answers."""

    def __init__(self, origin: str) -> None:
        self.unified_msg_origin = origin

    def get_platform_id(self) -> str:
        return "fakeqq"

    def get_sender_id(self) -> str:
        return "10001"

    def get_group_id(self) -> str:
        return "555" if ":GroupMessage:" in self.unified_msg_origin else ""

    def is_admin(self) -> bool:
        return True


class Audit:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, **line: Any) -> None:
        self.lines.append(line)


class Manager:
    """AstrBot 4.14.6's, as far as models go."""

    def __init__(self, *configs: dict[str, Any], sources: tuple[dict[str, Any], ...] = ()) -> None:
        self.providers_config = list(configs)
        self.sources = sources
        self.inst_map: dict[str, Any] = {}
        self.provider_insts: list[Any] = []

    def get_merged_provider_config(self, config: dict[str, Any]) -> dict[str, Any]:
        source = next((s for s in self.sources if s["id"] == config.get("provider_source_id")), {})
        return {**source, **config}

    async def load_provider(self, config: dict[str, Any]) -> None:
        config = self.get_merged_provider_config(config)
        if not config["enable"] or config["type"] not in provider_cls_map:
            return
        instance = provider_cls_map[config["type"]].cls_type(config, {})
        await instance.initialize()
        self.provider_insts.append(instance)
        self.inst_map[config["id"]] = instance

    async def terminate_provider(self, name: str) -> None:
        if name in self.inst_map:
            self.provider_insts.remove(self.inst_map[name])
            await self.inst_map[name].terminate()
            del self.inst_map[name]

    async def reload(self, config: dict[str, Any]) -> None:
        await self.terminate_provider(config["id"])
        if config["enable"]:
            await self.load_provider(config)


class World:
    """A provider with all that is behind it."""

    def __init__(self, gateway: Gateway, engine: Engine, folder: Path) -> None:
        self.gateway, self.engine, self.folder = gateway, engine, folder
        self.audit = Audit()
        self.manager = Manager({"id": TYPE, "type": TYPE, "enable": True})

    async def register(self, **settings: Any) -> None:
        read = Settings.read({**self.gateway.config, "groups": ["555"], **settings})
        context: Any = types.SimpleNamespace(provider_manager=self.manager)
        await register_provider(context, self.engine, read, Talks(self.folder / "talks.json"), self.audit)  # type: ignore[arg-type]
        self.provider: OpenClawProvider = self.manager.inst_map[TYPE]

    async def ask(self, streaming: bool, *args: Any, **request: Any) -> LLMResponse:
        """One request, as AstrBot's agent loop makes it: it leaves at the whole response."""
        access.asks(Admin(request.get("session_id") or ""))
        if not streaming:
            return await self.provider.text_chat(*args, **request)
        stream = self.provider.text_chat_stream(*args, **request)
        async for response in stream:
            if not response.is_chunk:
                break
        # 4.29 closes it, older ones leave that to the garbage collector.
        await stream.aclose()
        return response

    async def loop(self, streaming: bool, messages: list[Any], run: Callable[..., Any], tools: Any = None, **request: Any) -> str:
        """AstrBot's agent loop: until the model has answered. Adds to the messages, as it does."""
        while True:
            response = await self.ask(streaming, contexts=messages, func_tool=tools or TOOLS, **request)
            if not response.tools_call_name:
                messages.append({"role": "assistant", "content": response.completion_text})
                return response.completion_text
            messages.append(called(response))
            for call, arguments in zip(response.tools_call_ids, response.tools_call_args):
                result = run(**arguments)
                messages.append({"role": "tool", "tool_call_id": call, "content": await result if asyncio.iscoroutine(result) else result})

    async def idle(self) -> None:
        """Until nothing runs. Elsewhere: there is nothing to await."""
        while self.engine.status().in_flight or self.engine.status().queued:
            await asyncio.sleep(0.01)

    def sessions(self) -> list[str]:
        """The gateway's session of each request."""
        return [request["user"] for request in self.gateway.requests]


TOOLS = ToolSet([FunctionTool("weather", "…", {"type": "object", "properties": {}})])


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def called(response: LLMResponse) -> dict[str, Any]:
    calls = [
        {"type": "function", "id": call, "function": {"name": name, "arguments": json.dumps(arguments)}}
        for call, name, arguments in zip(response.tools_call_ids, response.tools_call_name, response.tools_call_args)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def run(tmp_path: Path, body: Callable[[World], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        folder = tmp_path / "star"
        folder.mkdir()
        shutil.copy(shipped_component(), folder / "openclaw_plugin.wasm")
        shutil.copy(STAR / "_conf_schema.json", folder)
        with Gateway() as gateway:
            engine = Engine(Settings.read({**gateway.config, **settings}), folder, tmp_path / "data")
            await engine.start()
            try:
                world = World(gateway, engine, tmp_path)
                await world.register(**settings)
                await asyncio.wait_for(body(world), 60)
            finally:
                await engine.stop()

    asyncio.run(main())


# Report P1 (attack): AstrBot leaves the stream once it has a whole response. Generators that clean up
# when their reader leaves are easily wrong in either direction (openai/openai-agents-python#4051).
@both
def test_tool_calls_outlive_the_stream_that_handed_them_out(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        messages = [user('tool astrbot_weather {"city": "北京"}')]
        assert await world.loop(streaming, messages, lambda city: f"{city}：晴", session_id=CHAT) == "北京：晴"
        assert [line["outcome"] for line in world.audit.lines] == ["tools", "completed"]
        # It was the same turn, answered as the gateway's protocol wants it.
        assert world.gateway.requests[1]["input"][-1]["type"] == "function_call_output"
        assert world.engine.status().counters.cancelled == 0

    run(tmp_path, body)


@both
def test_calls_of_one_round_are_handed_out_together(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        messages = [user("tools astrbot_weather 5")]
        assert await world.loop(streaming, messages, lambda n: f"#{n}", session_id=CHAT) == "#1\n#2\n#3\n#4\n#5"
        assert [len(m["tool_calls"]) for m in messages if m.get("tool_calls")] == [5]
        # AstrBot leaves some results out: a tool that says nothing has none.
        messages = [user("tools astrbot_weather 3")]
        response = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[1], "content": "two"}]
        answer = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert "two" in answer.completion_text and answer.completion_text.count("no result for this call") == 2

    run(tmp_path, body)


@pytest.mark.parametrize("leave", ["close", "cancel", "drop"])
def test_leaving_before_the_response_is_whole_ends_the_turn(tmp_path: Path, leave: str) -> None:
    async def body(world: World) -> None:
        stream = world.provider.text_chat_stream("hold", CHAT)
        assert (await stream.__anext__()).is_chunk
        if leave == "close":
            await stream.aclose()
        elif leave == "cancel":
            assert (await stream.__anext__()).is_chunk
            task = asyncio.ensure_future(stream.__anext__())
            assert await asyncio.to_thread(world.gateway.held.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            del stream
        await world.idle()
        assert world.gateway.left.wait(5) and world.audit.lines[-1]["code"] == "cancelled"

    run(tmp_path, body)


# Report P2 (attack); one user's words in another's summary: openclaw/openclaw#15990.
@both
def test_callers_without_a_session_have_nothing_in_common(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        for secret, session in (("my secret", None), ("other", ""), ("third", "  ")):
            contexts = [user(secret), {"role": "assistant", "content": f"about {secret}"}] * 30
            await world.ask(streaming, contexts=[*contexts, user("summarise")], session_id=session)
            request = json.dumps(world.gateway.requests[-1], ensure_ascii=False)
            assert request.count(f"user: {secret}") == 30 and ("my secret" in request) == (secret == "my secret")
        assert len(set(world.sessions())) == 3
        assert world.provider.talks.find("", ["user:my secret"]) is None

    run(tmp_path, body)


@both
def test_a_loop_without_a_session_runs_its_tools(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        loops = [world.loop(streaming, [user(f'tool astrbot_weather {{"city": "{city}"}}')], lambda city: f"in {city}") for city in "AB"]
        assert await asyncio.gather(*loops) == ["in A", "in B"]

    run(tmp_path, body)


# Report P9 (attack): where an answer without a session goes nobody knows.
def test_what_has_no_session_is_masked_like_a_group(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        key = "sk-abcdefghijklmnop1234567890"
        for session, masked in ((None, True), (GROUP, True), (CHAT, False)):
            answer = await world.ask(False, key, session)
            assert (key not in answer.completion_text) == masked

    run(tmp_path, body)


# Report P4 (attack): 4.14.6 does not say which conversation it is.
@both
def test_conversations_of_one_chat_do_not_meet(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        async def say(messages: list[Any], text: str) -> str:
            messages.append(user(text))
            await world.loop(streaming, messages, lambda: "", session_id=CHAT)
            return world.sessions()[-1]

        first: list[Any] = []
        one = await say(first, "a")
        second: list[Any] = []  # `/new`
        two = await say(second, "b")
        assert one != two and await say(first, "c") == one and await say(second, "d") == two  # `/switch`
        # Another model has answered meanwhile: the gateway gets that in a new session.
        first += [user("e"), {"role": "assistant", "content": "from elsewhere"}]
        three = await say(first, "f")
        assert three not in (one, two) and "from elsewhere" in world.gateway.requests[-1]["instructions"]
        assert await say(first, "g") == three and "Earlier" not in world.gateway.requests[-1]["instructions"]
        # Also after a restart of AstrBot.
        await world.register()
        assert await say(second, "h") == two
        # `/reset`
        assert await say([], "i") not in (one, two, three)

    run(tmp_path, body)


def test_a_turn_that_failed_does_not_count_as_told(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        history = [user("a"), {"role": "assistant", "content": "b"}]
        failed = await world.ask(False, contexts=[*history, user("drop")], session_id=CHAT)
        assert failed.role == "err"
        await world.ask(False, contexts=[*history, user("c")], session_id=CHAT)
        assert "user: a" in world.gateway.requests[-1]["instructions"]

    run(tmp_path, body)


# Report P5 (attack).
def test_a_loop_that_ends_with_a_tool_holds_nothing(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        request: dict[str, Any] = {"contexts": [user("tool astrbot_weather {}")], "func_tool": TOOLS, "session_id": CHAT}

        # A tool has answered the user itself: AstrBot tells its plugins.
        await world.ask(True, **request)
        adapter.loop_ended("another chat")
        assert world.engine.status().in_flight == 1
        adapter.loop_ended(CHAT)
        await world.idle()

        # The task of the loop ends, is cancelled, or fails.
        async def take(end: Callable[[], Any]) -> None:
            await world.ask(True, **request)
            end()

        def fail() -> None:
            raise LookupError

        for end in (lambda: None, fail, lambda: asyncio.current_task().cancel()):  # type: ignore[union-attr]
            task = asyncio.create_task(take(end))
            await asyncio.wait({task})
            await world.idle()
            if not task.cancelled():
                task.exception()
        # One that only carries the response to the loop does not end it.
        response = await asyncio.create_task(world.ask(True, **request))
        await asyncio.sleep(0.05)
        assert world.engine.status().in_flight == 1 and response.tools_call_ids
        await world.provider.terminate()
        await world.idle()

    run(tmp_path, body)


def test_a_task_that_calls_tools_again_and_again_gathers_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pending_calls, "_PATIENCE", 0.01)
    monkeypatch.setattr(pending_calls, "_LOOK", 0.01)

    async def body(world: World) -> None:
        for _ in range(3):
            await world.loop(True, [user("tool astrbot_weather {}")], lambda: "x", session_id=CHAT)
        await asyncio.sleep(0.1)
        callbacks = getattr(asyncio.current_task(), "_callbacks", None) or ()
        assert not [one for one in callbacks if "_give_up_with" in repr(one)]

    run(tmp_path, body)


# Report P5, P6 (attack): a tool that asks the model itself (AstrBot's sub-agents), or one that is slow.
@both
def test_a_waiting_turn_gives_way_and_its_results_are_still_taken(tmp_path: Path, monkeypatch: Any, streaming: bool) -> None:
    monkeypatch.setattr(pending_calls, "_PATIENCE", 0.05)
    monkeypatch.setattr(pending_calls, "_LOOK", 0.05)

    async def body(world: World) -> None:
        async def sub_agent() -> str:
            return (await world.ask(streaming, "inner", "")).completion_text

        answer = await world.loop(streaming, [user("tool astrbot_weather {}")], sub_agent, session_id=CHAT)
        assert "inner" in answer
        assert world.gateway.texts()[1] == "inner" and "astrbot" not in world.gateway.texts()[2]
        # In the session that has asked for them.
        assert world.sessions()[0] == world.sessions()[2] != world.sessions()[1]

    run(tmp_path, body)


# Report P6 (attack).
@both
def test_a_second_caller_with_the_same_session_takes_nothing_away(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        messages = [user('tool astrbot_weather {"city": "A"}')]
        first = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        second = asyncio.create_task(world.ask(streaming, contexts=[user("second")], session_id=CHAT))
        while not world.engine.status().queued:
            await asyncio.sleep(0.01)
        messages += [called(first), {"role": "tool", "tool_call_id": first.tools_call_ids[0], "content": "mine"}]
        answer = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert (answer.completion_text, (await second).completion_text) == ("mine", "second")

    run(tmp_path, body)


def test_the_same_question_with_the_tools_parameters_replaces_the_first(tmp_path: Path) -> None:
    """AstrBot's `skills_like` mode: it never comes back for the first calls."""

    async def body(world: World) -> None:
        messages = [user('tool astrbot_weather {"city": "A"}')]
        first = await world.ask(False, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        second = await world.ask(False, contexts=[{"role": "system", "content": "now with arguments"}, *messages], func_tool=TOOLS, session_id=CHAT)
        assert first.tools_call_ids != second.tools_call_ids
        messages += [called(second), {"role": "tool", "tool_call_id": second.tools_call_ids[0], "content": "done"}]
        assert (await world.ask(False, contexts=messages, func_tool=TOOLS, session_id=CHAT)).completion_text == "done"

    run(tmp_path, body)


# Report P6 (attack).
@both
def test_results_after_a_restart_are_sent_as_text(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        call = {"id": "call_of_another_life", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        messages = [user("how is it?"), {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": call["id"], "content": "晴"}]
        answer = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert answer.role == "assistant" and "weather {}:\n晴" in answer.completion_text
        assert "user: how is it?" in world.gateway.requests[-1]["instructions"]
        # As older AstrBots pass them, apart from the messages.
        results = types.SimpleNamespace(to_openai_messages=lambda: messages[1:])
        for given in (results, [results], (results,)):
            answer = await world.ask(streaming, contexts=messages[:1], tool_calls_result=given, session_id=CHAT)
            assert "晴" in answer.completion_text

    run(tmp_path, body)


@both
def test_what_is_said_behind_the_results_reaches_the_model(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        # AstrBot's own limit of steps: it takes the tools away and says so.
        messages = [user("again astrbot_weather")]
        for _ in range(2):
            response = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
            messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "so far"}]
        messages.append(user("no more steps, sum up"))
        answer = await world.ask(streaming, contexts=messages, func_tool=None, session_id=CHAT)
        assert answer.completion_text == "so far\n\nno more steps, sum up"
        # If the model goes on calling, the calls fail.
        messages = [user("again astrbot_weather")]
        response = await world.ask(streaming, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "1"}]
        answer = await world.ask(streaming, contexts=messages, func_tool=None, session_id=CHAT)
        assert "no more tools" in answer.completion_text

    run(tmp_path, body)


def test_a_picture_behind_the_results_is_shown_in_a_turn_of_its_own(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        messages = [user("tool astrbot_weather {}")]
        response = await world.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "see below"}]
        messages.append({"role": "user", "content": [{"type": "text", "text": "the picture"}, {"type": "image_url", "image_url": {"url": PNG}}]})
        answer = await world.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        assert "see below" in answer.completion_text and "the picture" in answer.completion_text
        assert world.sessions()[0] == world.sessions()[-1]

    run(tmp_path, body)


# Report P13 (attack).
@both
@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"prompt": "hi", "image_urls": [None]}, "hi"),
        ({"prompt": "hi", "image_urls": ()}, "hi"),
        ({"prompt": "hi", "image_urls": [5]}, "图片无法读取"),
        ({"prompt": "hi", "image_urls": ["data:image/png;base64,!"]}, ""),
        ({"prompt": "hi", "image_urls": ["missing.png"]}, "图片无法读取"),
        ({"contexts": [{"role": "user", "content": [{"type": "text", "text": None}, {"type": "text", "text": "hi"}]}]}, "hi"),
        ({"contexts": [Message("user", [{"type": "text", "text": "hi"}])]}, "hi"),
        ({"prompt": None}, "没有可发送的内容"),
        ({"prompt": "hi", "func_tool": object()}, "hi"),
        ({"prompt": "hi", "func_tool": ToolSet([FunctionTool(None), FunctionTool("名字"), None])}, "hi"),  # type: ignore[arg-type]
        ({"prompt": "hi", "func_tool": ToolSet([FunctionTool("x", "…", {"type": object()})])}, ""),
        ({"prompt": "hi", "contexts": object()}, "hi"),
        ({"prompt": "hi", "tool_calls_result": object()}, "hi"),
        ({"prompt": "hi", "extra_user_content_parts": [None, 5, {"type": "text", "text": None}]}, "hi"),
        ({"prompt": "hi", "system_prompt": ["a", "list"]}, "hi"),
    ],
)
def test_whatever_is_passed_there_is_an_answer_and_the_next_turn_works(
    tmp_path: Path, streaming: bool, request_: dict[str, Any], words: str
) -> None:
    async def body(world: World) -> None:
        answer = await world.ask(streaming, session_id=CHAT, **request_)
        assert answer.role in ("assistant", "err") and words in answer.completion_text
        assert (await world.ask(streaming, "next", CHAT)).completion_text == "next"
        assert world.engine.status().in_flight == 0

    run(tmp_path, body)


def test_everything_can_be_passed_by_position(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        for streaming in (False, True):
            answer = await world.ask(streaming, "hi", CHAT, [], TOOLS, [user("a")], "rules", None, "model")
            assert answer.completion_text == "hi"
            assert "rules" in world.gateway.requests[-1]["instructions"]

    run(tmp_path, body)


# Report F1: half an emoji in a message makes every request fail, until it has left the history
# (Aider-AI/aider#3693); tools say such things too.
@both
def test_half_a_character_is_replaced_and_the_answer_comes(tmp_path: Path, streaming: bool) -> None:
    async def body(world: World) -> None:
        half = "hi \ud83d"
        answer = await world.ask(streaming, half, f"{CHAT}\ud83d", system_prompt=half, contexts=[user(half), {"role": "assistant", "content": half}])
        assert answer.completion_text == "hi \ufffd"
        assert "user: hi \ufffd" in world.gateway.requests[-1]["instructions"]
        messages = [user("tool astrbot_weather {}")]
        tools = ToolSet([FunctionTool("weather", half, {"type": "object", "properties": {half: {"description": half}}})])
        assert await world.loop(streaming, messages, lambda: "\ud83d\ude00 \ude00", tools, session_id=CHAT) == "😀 \ufffd"

    run(tmp_path, body)


async def streamed(world: World, text: str, chat: str = CHAT) -> tuple[str, str]:
    """All chunks, and the whole response."""
    chunks = ""
    async for response in world.provider.text_chat_stream(text, chat):
        if not response.is_chunk:
            return chunks, response.completion_text
        chunks += response.completion_text
    raise AssertionError("no whole response")


# Report F8: AstrBot shows the chunks and nothing else.
def test_chunks_that_the_final_text_contradicts_are_corrected(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        chunks, whole = await streamed(world, "other")
        assert whole == "right" and chunks.startswith("wrong\n\n") and chunks.endswith("最终版本：\nright")
        assert await streamed(world, "plain") == ("plain", "plain")

    run(tmp_path, body)


@pytest.mark.parametrize(
    ("shown", "text", "tail"),
    [
        ([""], "all", "all"), (["al"], "all", "l"), (["all"], "all", ""), (["one", "tw"], "one\n\ntwo", "o"),
        (["", "two"], "two", ""), (["one", ""], "one\n\ntwo", "two"), (["no"], "yes", "以上内容有出入，最终版本：\nyes"),
        (["one", "no"], "one\n\ntwo", "以上内容有出入，最终版本：\none\n\ntwo"), (["one"], "", "以上内容有出入，最终版本：\n"),
    ],
)
def test_what_is_missing_behind_the_chunks(shown: list[str], text: str, tail: str) -> None:
    assert adapter._tail(shown, text, "zh").lstrip("\n") == tail


# Report F5: an answer that was cut off says so, where its reader sees it; a summary for AstrBot itself
# is left as it is.
def test_an_answer_that_was_cut_off_says_so(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        chunks, whole = await streamed(world, "cut")
        assert whole == chunks and whole.startswith("cut\n\nℹ️ ")
        assert (await world.ask(False, "cut", None)).completion_text == "cut"

    run(tmp_path, body)


# Report P13 (attack).
def test_a_pump_that_dies_is_an_error_and_no_silence(tmp_path: Path, monkeypatch: Any) -> None:
    async def body(world: World) -> None:
        from astr_openclaw import Turn

        async def broken(self: Turn) -> Any:
            raise KeyError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(Turn, "reply", broken)
            for streaming in (False, True):
                answer = await world.ask(streaming, "hi", CHAT)
                assert answer.role == "err" and "KeyError" in answer.completion_text
        await world.idle()
        assert (await world.ask(True, "next", CHAT)).completion_text == "next"

    run(tmp_path, body)


# Report P13 (attack).
def test_results_that_come_in_another_loop_are_sent_as_text(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        messages = [user("tool astrbot_weather {}")]
        response = await world.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT)
        messages += [called(response), {"role": "tool", "tool_call_id": response.tools_call_ids[0], "content": "late"}]
        found: list[str] = []

        def elsewhere() -> None:
            answer = asyncio.run(world.ask(True, contexts=messages, func_tool=TOOLS, session_id=CHAT))
            found.append(answer.completion_text)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join, 30)
        assert found and "late" in found[0]

    run(tmp_path, body)


# Report P20 (attack); a model whose plugin comes later is skipped at AstrBot's start
# (lxfight-s-Astrbot-Plugins/astrbot_plugin_livingmemory#35 has the same order of start).
def test_models_that_are_configured_already_are_loaded_once(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        world.manager = Manager(
            {"id": "first", "type": TYPE, "enable": True},
            {"id": "off", "type": TYPE, "enable": False},
            {"id": "other", "type": "openai", "enable": True},
            {"id": "sourced", "provider_source_id": "s", "enable": True},
            {"id": TYPE, "type": TYPE, "enable": True},
            {"type": TYPE},
            sources=({"id": "s", "type": TYPE},),
        )
        await world.register()
        assert [p.provider_config["id"] for p in world.manager.provider_insts] == ["first", "sourced", TYPE]
        # At AstrBot's start the plugins are loaded first, and the models then once more.
        before = list(world.manager.provider_insts)
        for config in world.manager.providers_config[:5]:
            await world.manager.load_provider(config)
        after = list(world.manager.provider_insts)
        assert [p.provider_config["id"] for p in after] == ["first", "sourced", TYPE] and not set(before) & set(after)
        # A reload of the plugin replaces them.
        await world.register()
        assert len(world.manager.provider_insts) == 3 and not set(after) & set(world.manager.inst_map.values())

    run(tmp_path, body)
