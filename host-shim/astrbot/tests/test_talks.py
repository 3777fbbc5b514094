"""A conversation is recognised by what was said in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openclaw.talks import Talks, new_session

CHAT = "fakeqq:FriendMessage:10001"


def said(*texts: str) -> list[str]:
    return [f"{'assistant' if at % 2 else 'user'}:{text}" for at, text in enumerate(texts)]


# Report P4 (attack): AstrBot 4.14.6 does not say which conversation it is.
def test_each_conversation_goes_on_in_its_own_session(tmp_path: Path) -> None:
    talks = Talks(tmp_path / "talks.json")
    one, two = new_session(CHAT), new_session(CHAT)
    assert one != two
    talks.keep(CHAT, one, said("a", "b"))
    # `/new`: nothing was said in it.
    assert talks.find(CHAT, []) is None
    talks.keep(CHAT, two, said("c", "d"))
    # `/switch`: back and forth, also over a restart.
    for _ in range(2):
        assert (talks.find(CHAT, said("a", "b")), talks.find(CHAT, said("c", "d"))) == (one, two)
        talks = Talks(tmp_path / "talks.json")
    # Another chat, or what another model has said meanwhile, is not known.
    assert talks.find("other", said("a", "b")) is None
    assert talks.find(CHAT, said("a", "b", "c", "d")) is talks.find(CHAT, said("a")) is None


def test_a_session_is_known_by_what_was_said_last_in_it(tmp_path: Path) -> None:
    talks = Talks(tmp_path / "talks.json")
    talks.keep(CHAT, "s", said("a", "b"))
    talks.keep(CHAT, "s", said("a", "b", "c", "d"))
    assert talks.find(CHAT, said("a", "b", "c", "d")) == "s" and talks.find(CHAT, said("a", "b")) is None


def test_a_conversation_whose_beginning_astrbot_has_dropped_is_recognised(tmp_path: Path) -> None:
    talks = Talks(tmp_path / "talks.json")
    long = said(*(str(number) for number in range(200)))
    talks.keep(CHAT, "long", long)
    assert talks.find(CHAT, long) == talks.find(CHAT, long[2:]) == talks.find(CHAT, long[-4:]) == "long"
    # Two messages that are the same are no proof.
    assert talks.find(CHAT, long[-2:]) is None and talks.find(CHAT, long[:-2]) is None
    # What is known exactly comes first.
    talks.keep(CHAT, "short", long[-4:])
    talks.keep(CHAT, "long", long)
    assert talks.find(CHAT, long[-4:]) == "short"


def test_only_the_newest_are_remembered(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("openclaw.talks._CHATS", 2)
    talks = Talks(tmp_path / "talks.json")
    for number in range(20):
        talks.keep("a", f"s{number}", said(str(number)))
    talks.keep("b", "b", said("b"))
    talks.keep("c", "c", said("c"))
    for known in (talks, Talks(tmp_path / "talks.json")):
        assert known.find("a", said("19")) is None
        assert (known.find("b", said("b")), known.find("c", said("c"))) == ("b", "c")
    talks.keep("b", "b2", said("x"))
    talks.keep("a", "a", said("y"))
    assert talks.find("c", said("c")) is None and talks.find("b", said("b")) == "b"


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', '{"a": [["s", "1", "x"]]}', '{"a": [[1]]}', "[" * 100_000, "\udcff"])
def test_a_damaged_table_is_put_aside_and_costs_a_new_session(tmp_path: Path, content: str) -> None:
    path = tmp_path / "talks.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    talks = Talks(path)
    assert talks.find(CHAT, said("a")) is None and (tmp_path / "talks.broken").exists()
    talks.keep(CHAT, "s", said("a"))
    assert Talks(path).find(CHAT, said("a")) == "s"


def test_what_cannot_be_stored_is_known_until_the_end(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("openclaw.durable.write_json", full)
    talks = Talks(tmp_path / "talks.json")
    talks.keep(CHAT, "s", said("a"))
    assert talks.find(CHAT, said("a")) == "s"


# Report F1: half a character is a text in Python, and no text is on the disk.
def test_half_a_character_is_remembered_and_no_text_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "talks.json"
    Talks(path).keep("chat\ud83d", "s", said("geheim \ud83d"))
    assert Talks(path).find("chat\ud83d", said("geheim \ud83d")) == "s"
    assert "geheim" not in path.read_text() and json.loads(path.read_text())
