"""Projects: their names, what is a mention, and their sessions."""

from __future__ import annotations

import asyncio
import json
import types
from pathlib import Path
from typing import Any

import pytest
from openclaw import projects
from openclaw.projects import ProjectError, Projects, name_of, session_of, split
from openclaw.sessions import Sessions

PRIVATE, GROUP = "qq:FriendMessage:1", "qq:GroupMessage:2"


class At:
    """As AstrBot's."""

    def __init__(self, qq: str, name: str = "") -> None:
        self.qq, self.name = qq, name


class AtAll:
    """As AstrBot's."""


def opened(folder: Path) -> Projects:
    return Projects(folder / "projects.json", Sessions(folder / "sessions.json"))


def message(*parts: Any) -> Any:
    return types.SimpleNamespace(get_messages=lambda: list(parts), get_self_id=lambda: "10000")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("博客", "博客"),
        ("@Blog", "blog"),
        ("＠ＢＬＯＧ", "blog"),
        ("Straße", "strasse"),
        ("a-b_c.9", "a-b_c.9"),
        ("e\u0301te\u0301", "été"),
        ("ﬁle", "file"),
        ("หมายเหตุ", "หมายเหตุ"),
        ("İ", "i\u0307"),
        ("x" * 32, "x" * 32),
    ],
)
def test_a_name_has_one_form(text: str, name: str) -> None:
    assert name_of(text) == name == name_of(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@@",
        "x" * 33,
        "a b",
        "a\u2005b",
        "小王(123)",
        "a:b",
        "a!b",
        "a/b",
        "../x",
        "-x",
        ".",
        "a\u200bb",
        "\u0301x",
        "a\x00",
        "😀",
        "\ud800",
        "<@1>",
        "a\u202eb",
        "a#b",
    ],
)
def test_a_bad_name_is_refused(text: str) -> None:
    with pytest.raises(ProjectError) as refused:
        name_of(text)
    assert refused.value.text == "project_name"


@pytest.mark.parametrize(
    ("task", "name", "rest"),
    [
        ("@博客 写大纲", "博客", "写大纲"),
        ("＠博客　写大纲", "博客", "写大纲"),
        ("@博客\n第一行\n  第二行", "博客", "第一行\n  第二行"),
        ("@博客", "博客", ""),
        ("写给 @博客", "", "写给 @博客"),
        ("@ 博客", "", "@ 博客"),
        ("@", "", "@"),
        # WeChat puts this blank after a mention, and nothing else.
        ("@小王\u2005看看", "", "@小王\u2005看看"),
    ],
)
def test_the_start_of_a_task_names_a_project(task: str, name: str, rest: str) -> None:
    assert split(task, message()) == (name, rest)


@pytest.mark.parametrize(
    ("task", "part"),
    [
        ("@小王(123) 看看", At("123", "小王")),  # QQ
        ("@小 王(123) 看看", At("123", "小 王")),
        ("@bob 看看", At("bob", "bob")),  # Telegram
        ("@Bob 看看", At("bob", "bob")),
        ("@张三 看看", At("77")),  # DingTalk does not name them.
        ("@全体成员 看看", AtAll()),
        ("@all 看看", At("all", "全体成员")),
    ],
)
def test_a_mention_is_no_project(task: str, part: Any) -> None:
    assert split(task, message(part)) == ("", task)


@pytest.mark.parametrize("part", [At("10000", "机器人"), At("10000"), At("123", "小王")])
def test_a_mention_elsewhere_does_not_matter(part: Any) -> None:
    assert split("@博客 问问", message(part)) == ("博客", "问问")


def test_no_two_conversations_share_a_key() -> None:
    assert session_of(PRIVATE, "L2") == PRIVATE and session_of(GROUP, "L2") == f"{GROUP}@L2"
    keys = {
        session_of(chat, level, project)
        for chat in (
            PRIVATE,
            GROUP,
            "qq:GroupMessage:a!2",
            "a!qq:GroupMessage:2".replace("!", "_"),
            "qq:GroupMessage:2@L1",
        )
        for level in ("L1", "L2")
        for project in ("", "a", "b", "a.qq")
    }
    # A private chat has one session for all levels.
    assert len(keys) == 4 + 4 * 2 * 4


def test_each_project_has_a_session_and_the_default_one_keeps_its(tmp_path: Path) -> None:
    async def body() -> None:
        kept = opened(tmp_path)
        plain = Sessions(tmp_path / "sessions.json").current(PRIVATE)
        assert kept.session(PRIVATE, "L1") == plain
        with pytest.raises(ProjectError) as unknown:
            kept.session(PRIVATE, "L1", "a")
        assert unknown.value.text == "project_unknown"
        assert await kept.make(PRIVATE, "L1", "a") and await kept.make(PRIVATE, "L1", "b")
        assert not await kept.make(PRIVATE, "L2", "a"), "a private chat has one list for all levels"
        sessions = [kept.session(PRIVATE, "L1", name) for name in ("", "a", "b")]
        assert len(set(sessions)) == 3
        again = opened(tmp_path)
        assert [again.session(PRIVATE, "L1", name) for name in ("", "a", "b")] == sessions
        await kept.reset(PRIVATE, ["L1"], "a")
        assert kept.session(PRIVATE, "L1", "a") not in sessions
        assert [kept.session(PRIVATE, "L1", name) for name in ("", "b")] == [sessions[0], sessions[2]]
        await kept.delete(PRIVATE, ["L1"], "b")
        assert opened(tmp_path).names(PRIVATE, ["L1"]) == ["a"]
        await kept.make(PRIVATE, "L1", "b")
        assert kept.session(PRIVATE, "L1", "b") != sessions[2], "a deleted project came back"
        for change in (kept.reset, kept.delete):
            with pytest.raises(ProjectError):
                await change(PRIVATE, ["L1"], "c")

    asyncio.run(body())


def test_a_group_has_projects_for_each_level(tmp_path: Path) -> None:
    async def body() -> None:
        kept = opened(tmp_path)
        await kept.make(GROUP, "L2", "a")
        assert kept.names(GROUP, ["L1"]) == [] and kept.names(GROUP, ["L1", "L2"]) == ["a"]
        await kept.make(GROUP, "L1", "a")
        low, high = (kept.session(GROUP, level, "a") for level in ("L1", "L2"))
        await kept.reset(GROUP, ["L1"], "a")
        assert kept.session(GROUP, "L2", "a") == high and kept.session(GROUP, "L1", "a") not in (low, high)
        await kept.delete(GROUP, ["L1"], "a")
        assert kept.session(GROUP, "L2", "a") == high

    asyncio.run(body())


def test_projects_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        kept = opened(tmp_path)
        monkeypatch.setattr(projects, "IN_ALL", projects.PER_CHAT + 1)
        for number in range(projects.PER_CHAT):
            await kept.make(PRIVATE, "L1", f"p{number}")
        with pytest.raises(ProjectError) as full:
            await kept.make(PRIVATE, "L1", "more")
        assert full.value.text == "projects_full"
        assert not await kept.make(PRIVATE, "L1", "p1"), "one that exists can still be used"
        await kept.make(GROUP, "L1", "a")
        with pytest.raises(ProjectError) as full:
            await kept.make(GROUP, "L1", "b")
        assert full.value.text == "projects_full_in_all"
        await kept.delete(PRIVATE, ["L1"], "p3")
        await kept.make(GROUP, "L1", "b")

    asyncio.run(body())


def test_many_at_once_lose_none(tmp_path: Path) -> None:
    async def body() -> None:
        kept = opened(tmp_path)
        await asyncio.gather(*(kept.make(f"qq:FriendMessage:{n}", "L1", "a") for n in range(50)))
        again = opened(tmp_path)
        assert all(again.names(f"qq:FriendMessage:{n}", ["L1"]) == ["a"] for n in range(50))
        assert (tmp_path / "projects.json").stat().st_mode & 0o777 == 0o600

    asyncio.run(body())


def test_what_cannot_be_stored_has_not_happened(tmp_path: Path) -> None:
    async def body() -> None:
        (tmp_path / "file").write_text("")
        kept = opened(tmp_path / "file")
        with pytest.raises(ProjectError) as failed:
            await kept.make(PRIVATE, "L1", "a")
        assert failed.value.text == "project_not_kept" and kept.names(PRIVATE, ["L1"]) == []

    asyncio.run(body())


@pytest.mark.parametrize("content", ["", "[]", '{"a": []}', '{"a": {"b": 1}}', "{", "\x00" * 9])
def test_a_damaged_file_loses_only_itself(tmp_path: Path, content: str) -> None:
    async def body() -> None:
        (tmp_path / "projects.json").write_text(content)
        kept = opened(tmp_path)
        assert kept.names(PRIVATE, ["L1"]) == [] and (tmp_path / "projects.broken").exists()
        await kept.make(PRIVATE, "L1", "a")
        assert "a" in json.loads((tmp_path / "projects.json").read_text("utf-8"))[PRIVATE]

    asyncio.run(body())
