"""OpenClaw as AstrBot's chat model: conversations, requests of any shape, and what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_astrbot import FunctionTool, Message, ToolSet
from openclaw import chat_response
from openclaw.provider import TYPE
from provider_rig import CHAT, GROUP, TOOLS, Manager, Rig, both, run, user


# Report P2 (attack); one user's words in another's summary: openclaw/openclaw#15990.
@both
def test_callers_without_a_session_have_nothing_in_common(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        for secret, session in (("my secret", None), ("other", ""), ("third", "  ")):
            contexts = [user(secret), {"role": "assistant", "content": f"about {secret}"}] * 30
            await rig.ask(streaming, contexts=[*contexts, user("summarise")], session_id=session)
            request = json.dumps(rig.gateway.requests[-1], ensure_ascii=False)
            assert request.count(f"user: {secret}") == 30 and ("my secret" in request) == (secret == "my secret")
        assert len(set(rig.sessions())) == 3
        assert rig.provider.conversations.find("", ["user:my secret"]) is None

    run(tmp_path, body)


# Report P9 (attack): where an answer without a session goes nobody knows.
def test_what_has_no_session_is_masked_like_a_group(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        key = "sk-abcdefghijklmnop1234567890"
        for session, masked in ((None, True), (GROUP, True), (CHAT, False)):
            answer = await rig.ask(False, key, session)
            assert (key not in answer.completion_text) == masked

    run(tmp_path, body)


# Report P4 (attack): 4.14.6 does not say which conversation it is.
@both
def test_conversations_of_one_chat_do_not_meet(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        async def say(messages: list[Any], text: str) -> str:
            messages.append(user(text))
            await rig.loop(streaming, messages, lambda: "", session_id=CHAT)
            return rig.sessions()[-1]

        first: list[Any] = []
        one = await say(first, "a")
        second: list[Any] = []  # `/new`
        two = await say(second, "b")
        assert one != two and await say(first, "c") == one and await say(second, "d") == two  # `/switch`
        # Another model has answered meanwhile: the gateway gets that in a new session.
        first += [user("e"), {"role": "assistant", "content": "from elsewhere"}]
        three = await say(first, "f")
        assert three not in (one, two) and "from elsewhere" in rig.gateway.requests[-1]["instructions"]
        assert await say(first, "g") == three and "Earlier" not in rig.gateway.requests[-1]["instructions"]
        # Also after a restart of AstrBot.
        await rig.register()
        assert await say(second, "h") == two
        # `/reset`
        assert await say([], "i") not in (one, two, three)

    run(tmp_path, body)


def test_a_turn_that_failed_does_not_count_as_told(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        history = [user("a"), {"role": "assistant", "content": "b"}]
        failed = await rig.ask(False, contexts=[*history, user("drop")], session_id=CHAT)
        assert failed.role == "err"
        await rig.ask(False, contexts=[*history, user("c")], session_id=CHAT)
        assert "user: a" in rig.gateway.requests[-1]["instructions"]

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
        (
            {
                "contexts": [
                    {"role": "user", "content": [{"type": "text", "text": None}, {"type": "text", "text": "hi"}]}
                ]
            },
            "hi",
        ),
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
    async def body(rig: Rig) -> None:
        answer = await rig.ask(streaming, session_id=CHAT, **request_)
        assert answer.role in ("assistant", "err") and words in answer.completion_text
        assert (await rig.ask(streaming, "next", CHAT)).completion_text == "next"
        assert (await rig.engine.status_now()).in_flight == 0

    run(tmp_path, body)


def test_everything_can_be_passed_by_position(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        for streaming in (False, True):
            answer = await rig.ask(streaming, "hi", CHAT, [], TOOLS, [user("a")], "rules", None, "model")
            assert answer.completion_text == "hi"
            assert "rules" in rig.gateway.requests[-1]["instructions"]

    run(tmp_path, body)


# Report F1: half an emoji in a message makes every request fail, until it has left the history
# (Aider-AI/aider#3693); tools say such things too.
@both
def test_half_a_character_is_replaced_and_the_answer_comes(tmp_path: Path, streaming: bool) -> None:
    async def body(rig: Rig) -> None:
        half = "hi \ud83d"
        answer = await rig.ask(
            streaming,
            half,
            f"{CHAT}\ud83d",
            system_prompt=half,
            contexts=[user(half), {"role": "assistant", "content": half}],
        )
        assert answer.completion_text == "hi \ufffd"
        assert "user: hi \ufffd" in rig.gateway.requests[-1]["instructions"]
        messages = [user("tool astrbot_weather {}")]
        tools = ToolSet(
            [FunctionTool("weather", half, {"type": "object", "properties": {half: {"description": half}}})]
        )
        assert await rig.loop(streaming, messages, lambda: "\ud83d\ude00 \ude00", tools, session_id=CHAT) == "😀 \ufffd"

    run(tmp_path, body)


async def streamed(rig: Rig, text: str, chat: str = CHAT) -> tuple[str, str]:
    """All chunks, and the whole response."""
    chunks = ""
    async for response in rig.provider.text_chat_stream(text, chat):
        if not response.is_chunk:
            return chunks, response.completion_text
        chunks += response.completion_text
    raise AssertionError("no whole response")


# Report F8: AstrBot shows the chunks and nothing else.
def test_chunks_that_the_final_text_contradicts_are_corrected(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        chunks, whole = await streamed(rig, "other")
        assert whole == "right" and chunks.startswith("wrong\n\n") and chunks.endswith("最终版本：\nright")
        assert await streamed(rig, "plain") == ("plain", "plain")

    run(tmp_path, body)


@pytest.mark.parametrize(
    ("shown", "text", "tail"),
    [
        ([""], "all", "all"),
        (["al"], "all", "l"),
        (["all"], "all", ""),
        (["one", "tw"], "one\n\ntwo", "o"),
        (["", "two"], "two", ""),
        (["one", ""], "one\n\ntwo", "two"),
        (["no"], "yes", "以上内容有出入，最终版本：\nyes"),
        (["one", "no"], "one\n\ntwo", "以上内容有出入，最终版本：\none\n\ntwo"),
        (["one"], "", "以上内容有出入，最终版本：\n"),
    ],
)
def test_what_is_missing_behind_the_chunks(shown: list[str], text: str, tail: str) -> None:
    assert chat_response.tail(shown, text, "zh").lstrip("\n") == tail


# Report F5: an answer that was cut off says so, where its reader sees it; a summary for AstrBot itself
# is left as it is.
def test_an_answer_that_was_cut_off_says_so(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        chunks, whole = await streamed(rig, "cut")
        assert whole == chunks and whole.startswith("cut\n\nℹ️ ")
        assert (await rig.ask(False, "cut", None)).completion_text == "cut"

    run(tmp_path, body)


# Report P20 (attack); a model whose plugin comes later is skipped at AstrBot's start
# (lxfight-s-Astrbot-Plugins/astrbot_plugin_livingmemory#35 has the same order of start).
def test_models_that_are_configured_already_are_loaded_once(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.manager = Manager(
            {"id": "first", "type": TYPE, "enable": True},
            {"id": "off", "type": TYPE, "enable": False},
            {"id": "other", "type": "openai", "enable": True},
            {"id": "sourced", "provider_source_id": "s", "enable": True},
            {"id": TYPE, "type": TYPE, "enable": True},
            {"type": TYPE},
            sources=({"id": "s", "type": TYPE},),
        )
        await rig.register()
        assert [p.provider_config["id"] for p in rig.manager.provider_insts] == ["first", "sourced", TYPE]
        # At AstrBot's start the plugins are loaded first, and the models then once more.
        before = list(rig.manager.provider_insts)
        for config in rig.manager.providers_config[:5]:
            await rig.manager.load_provider(config)
        after = list(rig.manager.provider_insts)
        assert [p.provider_config["id"] for p in after] == ["first", "sourced", TYPE] and not set(before) & set(after)
        # A reload of the plugin replaces them.
        await rig.register()
        assert len(rig.manager.provider_insts) == 3 and not set(after) & set(rig.manager.inst_map.values())

    run(tmp_path, body)
