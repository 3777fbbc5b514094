"""A conversation is recognised by what was said in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openclaw.conversations import Conversations, new_session

CHAT = "fakeqq:FriendMessage:10001"


def said(*texts: str) -> list[str]:
    return [f"{'assistant' if at % 2 else 'user'}:{text}" for at, text in enumerate(texts)]


# Report P4 (attack): AstrBot 4.14.6 does not say which conversation it is.
def test_each_conversation_goes_on_in_its_own_session(tmp_path: Path) -> None:
    conversations = Conversations(tmp_path / "conversations.json")
    one, two = new_session(CHAT), new_session(CHAT)
    assert one != two
    conversations.keep(CHAT, one, said("a", "b"))
    # `/new`: nothing was said in it.
    assert conversations.find(CHAT, []) is None
    conversations.keep(CHAT, two, said("c", "d"))
    # `/switch`: back and forth, also over a restart.
    for _ in range(2):
        assert (conversations.find(CHAT, said("a", "b")), conversations.find(CHAT, said("c", "d"))) == (one, two)
        conversations = Conversations(tmp_path / "conversations.json")
    # Another chat, or what another model has said meanwhile, is not known.
    assert conversations.find("other", said("a", "b")) is None
    assert conversations.find(CHAT, said("a", "b", "c", "d")) is conversations.find(CHAT, said("a")) is None


def test_a_session_is_known_by_what_was_said_last_in_it(tmp_path: Path) -> None:
    conversations = Conversations(tmp_path / "conversations.json")
    conversations.keep(CHAT, "s", said("a", "b"))
    conversations.keep(CHAT, "s", said("a", "b", "c", "d"))
    assert (
        conversations.find(CHAT, said("a", "b", "c", "d")) == "s" and conversations.find(CHAT, said("a", "b")) is None
    )


def test_a_conversation_whose_beginning_astrbot_has_dropped_is_recognised(tmp_path: Path) -> None:
    conversations = Conversations(tmp_path / "conversations.json")
    long = said(*(str(number) for number in range(200)))
    conversations.keep(CHAT, "long", long)
    assert (
        conversations.find(CHAT, long)
        == conversations.find(CHAT, long[2:])
        == conversations.find(CHAT, long[-4:])
        == "long"
    )
    # Two messages that are the same are no proof.
    assert conversations.find(CHAT, long[-2:]) is None and conversations.find(CHAT, long[:-2]) is None
    # What is known exactly comes first.
    conversations.keep(CHAT, "short", long[-4:])
    conversations.keep(CHAT, "long", long)
    assert conversations.find(CHAT, long[-4:]) == "short"


def test_only_the_newest_are_remembered(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("openclaw.conversations._CHATS", 2)
    conversations = Conversations(tmp_path / "conversations.json")
    for number in range(20):
        conversations.keep("a", f"s{number}", said(str(number)))
    conversations.keep("b", "b", said("b"))
    conversations.keep("c", "c", said("c"))
    for known in (conversations, Conversations(tmp_path / "conversations.json")):
        assert known.find("a", said("19")) is None
        assert (known.find("b", said("b")), known.find("c", said("c"))) == ("b", "c")
    conversations.keep("b", "b2", said("x"))
    conversations.keep("a", "a", said("y"))
    assert conversations.find("c", said("c")) is None and conversations.find("b", said("b")) == "b"


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"a": 1}', '{"a": [["s", "1", "x"]]}', '{"a": [[1]]}', "[" * 100_000, "\udcff"]
)
def test_a_damaged_table_is_put_aside_and_costs_a_new_session(tmp_path: Path, content: str) -> None:
    path = tmp_path / "conversations.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    conversations = Conversations(path)
    assert conversations.find(CHAT, said("a")) is None and (tmp_path / "conversations.broken").exists()
    conversations.keep(CHAT, "s", said("a"))
    assert Conversations(path).find(CHAT, said("a")) == "s"


def test_what_cannot_be_stored_is_known_until_the_end(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("openclaw.atomic_file.write_json", full)
    conversations = Conversations(tmp_path / "conversations.json")
    conversations.keep(CHAT, "s", said("a"))
    assert conversations.find(CHAT, said("a")) == "s"


# Report F1: half a character is a text in Python, and no text is on the disk.
def test_half_a_character_is_remembered_and_no_text_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    Conversations(path).keep("chat\ud83d", "s", said("geheim \ud83d"))
    assert Conversations(path).find("chat\ud83d", said("geheim \ud83d")) == "s"
    assert "geheim" not in path.read_text() and json.loads(path.read_text())
