"""AstrBot's messages, whatever their shape."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from fake_astrbot import Message
from openclaw import chat_request
from openclaw.attachments import NotAttachable
from openclaw.chat_request import images_of, read, text_of, tool_results

PNG = "data:image/png;base64,AA=="


def test_results_since_the_models_last_message_are_found() -> None:
    dialogue = [
        {"role": "tool", "tool_call_id": "old", "content": "no"},
        {"role": "assistant", "content": None},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
    ]
    assert tool_results(dialogue) == {"a": "1", "b": "2"}
    # Newer AstrBots put a picture that a tool has made, or their own words, behind the results.
    assert tool_results([*dialogue, {"role": "user", "content": "stop"}]) == {"a": "1", "b": "2"}
    assert tool_results([{"role": "user", "content": "hi"}]) == {}


# Report P13 (attack).
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        (b"bytes", "bytes"),
        (5, "5"),
        ([], ""),
        ((), ""),
        ([{"type": "text", "text": None}], ""),
        ([{"type": "text"}], ""),
        ([None, 5, "x"], "x"),
        ([{"type": "text", "text": 7}], "7"),
        ({"type": "text", "text": "alone"}, "alone"),
        (({"type": "text", "text": "a"}, {"type": "text", "text": "b"}), "a\nb"),
        ([types.SimpleNamespace(type="text", text="object")], "object"),
        ([types.SimpleNamespace(type="text", text=None)], ""),
        ([{"type": "think", "think": "hidden"}, {"type": "text", "text": "shown"}], "shown"),
        ({"any": "thing"}, '{"any": "thing"}'),
        ("half \ud83d", "half \ud83d"),
    ],
)
def test_the_text_of_a_content(content: Any, text: str) -> None:
    assert text_of(content) == text


# Report P13 (attack).
@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, []),
        ([], []),
        ((), []),
        ([None], []),
        (["", None, PNG], [PNG]),
        ((PNG,), [PNG]),
        (PNG, [PNG]),
        ([b"\x00"], ["base64://AA=="]),
        ([bytearray(b"\x00")], ["base64://AA=="]),
        ([b""], []),
        ([{"url": PNG}], [PNG]),
        ([{"image_url": {"url": PNG}}], [PNG]),
        ([{"image_url": PNG}], [PNG]),
        ([{"type": "image_url", "image_url": {"url": PNG}}], [PNG]),
        ([{"url": None}], []),
        ([{}], []),
        ([{"base64": "AA=="}], ["base64://AA=="]),
        ([{"data": PNG}], [PNG]),
        ([{"file": "file:///a.png"}], ["file:///a.png"]),
        ([Path("/a.png")], ["/a.png"]),
        (iter([PNG]), [PNG]),
        ({"url": PNG}, [PNG]),
    ],
)
def test_images_as_callers_name_them(given: Any, found: list[str]) -> None:
    assert chat_request.images(given) == found


@pytest.mark.parametrize("given", [[5], 5, [object()], [{"url": 5}], [["nested"]], [{"x": "y"}]])
def test_what_names_no_image_is_an_error(given: Any) -> None:
    with pytest.raises(NotAttachable):
        read("see", image_urls=given)


def test_images_of_a_message() -> None:
    content = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "image_url", "image_url": None},
        {"type": "image_url"},
        types.SimpleNamespace(type="image_url", image_url=PNG),
    ]
    assert (text_of(content), images_of(content)) == ("see", [PNG, PNG])
    assert images_of("plain") == images_of(None) == []


def test_a_prompt_is_the_newest_message_and_brings_its_own_parts() -> None:
    extra = [types.SimpleNamespace(type="text", text="<time>"), {"type": "text", "text": None}]
    asked = read(
        "hi", [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], image_urls=[PNG], extra=extra
    )
    assert (asked.text, asked.images, asked.history) == ("hi\n<time>", [PNG], ["user: a", "assistant: b"])
    # Without one, AstrBot has put the parts into the messages already.
    asked = read(
        None, [Message("user", [{"type": "text", "text": "hi"}, {"type": "text", "text": "<time>"}])], extra=extra
    )
    assert asked.text == "hi\n<time>"
    asked = read("", [{"role": "user", "content": "hi"}], image_urls=[PNG])
    assert (asked.text, asked.images) == ("hi", [PNG])


@pytest.mark.parametrize(
    ("prompt", "contexts", "text"),
    [
        (None, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "Continue."),
        (None, [{"role": "system", "content": "rules"}], "Continue."),
        (None, ({"role": "user", "content": "tuple"},), "tuple"),
        (None, ["only a text"], "only a text"),
        (None, [None, 5, {"role": "user", "content": "a"}], "a"),
        (["a", "list"], None, "a\nlist"),
        (7, None, "7"),
        (None, [{"role": "user", "content": [{"type": "audio_url", "audio_url": {"url": "data:…"}}]}], "[audio]"),
    ],
)
def test_there_is_something_to_ask(prompt: Any, contexts: Any, text: str) -> None:
    assert read(prompt, contexts).text == text


@pytest.mark.parametrize(
    ("prompt", "contexts"),
    [
        (None, None),
        ("", []),
        ("  ", None),
        (None, [{"role": "user", "content": ""}]),
        (None, "text"),
        (None, 5),
        (None, [{"role": "user", "content": [{"type": "text", "text": None}]}]),
        (None, [{"role": "_checkpoint", "content": {"id": "x"}}]),
    ],
)
def test_nothing_to_ask_is_said(prompt: Any, contexts: Any) -> None:
    with pytest.raises(chat_request.NothingToAsk):
        read(prompt, contexts)


# Report P6 (attack).
def test_results_that_no_turn_waits_for_are_a_text() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "北京"}'}}
    dialogue = [
        {"role": "user", "content": "how is it?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "晴"},
    ]
    asked = read(None, dialogue)
    assert 'weather {"city": "北京"}:\n晴' in asked.text and asked.results == {"c1": "晴"}
    assert asked.history == ["user: how is it?", 'assistant: (called weather with {"city": "北京"})']
    asked = read(None, [*dialogue, {"role": "user", "content": "and now?"}])
    assert asked.text == asked.note == "and now?" and "tool: 晴" in asked.history


def test_a_conversation_is_what_user_and_model_have_said() -> None:
    first = read(
        None, [{"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "<12:00>"}]}]
    )
    assert first.before == [] and first.history == []
    # What AstrBot keeps of it: neither its own words of that moment, nor the calls of tools.
    later = read(
        None,
        [
            {"role": "system", "content": "rules"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "tool_call_id": "c", "content": "x"},
            {"role": "assistant", "content": [{"type": "think", "think": ""}, {"type": "text", "text": "hello"}]},
            {"role": "user", "content": "again"},
        ],
    )
    assert later.before == first.with_reply("hello") and later.system == ["rules"]


def test_a_history_without_end_is_bounded_and_keeps_the_newest() -> None:
    asked = read("q", [{"role": "user", "content": f"{number} " + "x" * 1000} for number in range(2000)])
    assert len(asked.told()) < 450_000 and "user: 1999 " in asked.told() and "user: 3 " not in asked.told()
    assert "left out" in asked.told()


def test_a_quote_of_astrbots_is_split_off_and_nothing_of_the_users() -> None:
    def part(text: str) -> dict[str, str]:
        return {"type": "text", "text": text}

    quote = part("<Quoted Message>\n(小红): 昨天的话\n</Quoted Message>")
    asked = read(
        None, [{"role": "user", "content": [part("这是什么"), quote, part("<system_reminder>now")]}], split_quote=True
    )
    assert (asked.text, asked.quoted) == ("这是什么\n<system_reminder>now", "(小红): 昨天的话")
    assert asked.said == ["user:这是什么"]
    assert read("这是什么", None, extra=[quote], split_quote=True).quoted == "(小红): 昨天的话"
    assert "昨天的话" in read("这是什么", None, extra=[quote]).text
    # What the user writes stays text, and so does a quote without a word to it.
    for content in ([quote], [quote, part("x")], [part("a <Quoted Message>\nb\n</Quoted Message>")]):
        asked = read(None, [{"role": "user", "content": content}], split_quote=True)
        assert asked.quoted == "" and "Quoted Message" in asked.text
