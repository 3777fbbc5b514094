"""Who may ask, at what level, in which session: reports P17, P18 (attack)."""

from __future__ import annotations

import asyncio
import types

import pytest
from openclaw import access
from openclaw.settings import Settings


def event(sender: str, group: str = "", *, platform: str = "qq", admin: bool = False) -> types.SimpleNamespace:
    kind, of = ("GroupMessage", group) if group else ("FriendMessage", sender)
    return types.SimpleNamespace(
        get_sender_id=lambda: sender,
        get_group_id=lambda: group,
        get_platform_id=lambda: platform,
        is_admin=lambda: admin,
        unified_msg_origin=f"{platform}:{kind}:{of}",
    )


@pytest.mark.parametrize(
    ("users", "groups", "who", "may"),
    [
        (["qq:2"], [], event("2"), True),
        (["qq:2"], [], event("2", platform="tg"), False),
        (["qq:*"], [], event("7"), True),
        (["qq:*"], [], event("7", platform="tg"), False),
        (["qq:FriendMessage:2"], [], event("2"), True),
        (["qq:FriendMessage:2"], [], event("2", platform="tg"), False),
        # As before: one that names no platform is for all.
        (["2"], [], event("2", platform="tg"), True),
        (["*"], [], event("2", platform="tg"), True),
        (["2"], ["qq:555"], event("2", "555"), True),
        (["2"], ["qq:555"], event("2", "555", platform="tg"), False),
        (["2"], ["qq:GroupMessage:555"], event("2", "555"), True),
        (["2"], ["qq:GroupMessage:555"], event("2", "555", platform="tg"), False),
        (["2"], ["qq:*"], event("2", "556"), True),
        (["2"], ["qq:*"], event("2", "556", platform="tg"), False),
        (["2"], ["555"], event("2", "555", platform="tg"), True),
        # An id that looks like one of another platform.
        (["qq:2"], [], event("qq:2", platform="tg"), False),
        (["2"], ["qq:555"], event("2", "qq:555", platform="tg"), False),
        (["qq:FriendMessage:2"], [], event("qq:FriendMessage:2", platform="tg"), False),
        (["@me:example.org"], [], event("@me:example.org", platform="matrix"), True),
        # A group's origin lets nobody ask in private, nor anybody in it.
        (["qq:GroupMessage:555"], ["555"], event("3", "555"), False),
        (["555"], ["555"], event("3", "555"), False),
    ],
)
def test_entries_can_be_bound_to_a_platform(users: list, groups: list, who: types.SimpleNamespace, may: bool) -> None:
    assert access.may_ask(who, Settings.read({"users": users, "groups": groups})) is may


@pytest.mark.parametrize(("groups", "may"), [([], False), (["556"], False), (["qq:555"], True), (["*"], True)])
def test_a_message_that_names_its_group_only_in_its_origin_is_of_that_group(groups: list, may: bool) -> None:
    job = event("555")  # As AstrBot's scheduled agents: the sender is the chat.
    job.unified_msg_origin = "qq:GroupMessage:555"
    assert access.may_ask(job, Settings.read({"users": ["*"], "groups": groups})) is may


def test_admins_of_other_platforms_can_be_left_out() -> None:
    both, one = Settings.read({}), Settings.read({"admin_platforms": ["qq"]})
    here, there = event("1", admin=True), event("1", platform="tg", admin=True)
    assert access.is_admin(here, both) and access.is_admin(there, both)
    assert access.is_admin(here, one) and not access.is_admin(there, one)
    assert not access.may_ask(there, one) and access.level_of(there, one) == "L0"


def test_entries_without_a_platform_are_named_where_there_are_several() -> None:
    settings = Settings.read({"users": ["2", "qq:3", "*"], "groups": ["555", "tg:GroupMessage:1"]})
    assert access.unbound(settings, ["qq"]) == []
    assert access.unbound(settings, ["qq", "tg"]) == ["2", "555"]


SETTINGS = Settings.read(
    {"users": ["2"], "groups": ["555"], "admin_level": "L3", "user_level": "L1", "chat_level": "L2"}
)


@pytest.mark.parametrize(
    ("who", "command", "chat"),
    [
        (event("1", admin=True), "L3", "L2"),
        (event("2"), "L1", "L1"),
        (event("3"), "L0", "L0"),
        (event("2", "555"), "L1", "L1"),
        (event("2", "556"), "L0", "L0"),
        (event("1", "556", admin=True), "L0", "L0"),
    ],
)
def test_both_doors_have_the_senders_level(who: types.SimpleNamespace, command: str, chat: str) -> None:
    assert access.level_of(who, SETTINGS) == command

    async def answers() -> str:
        access.asks(who)
        # AstrBot's agent loop may go on in a task of its own.
        return await asyncio.create_task(level())

    async def level() -> str:
        return access.chat_level(who.unified_msg_origin, SETTINGS)

    assert asyncio.run(answers()) == chat


def test_what_nobody_asks_and_what_another_chat_asks_only_talks() -> None:
    async def go() -> None:
        assert access.chat_level("", SETTINGS) == access.chat_level("qq:FriendMessage:1", SETTINGS) == "L0"
        access.asks(event("1", admin=True))
        assert access.chat_level("qq:FriendMessage:2", SETTINGS) == "L0"
        assert access.chat_level("qq:FriendMessage:1", SETTINGS) == "L2"
        # A sub-agent of AstrBot's, which has no session.
        assert access.chat_level("", SETTINGS) == "L2"

    asyncio.run(go())


def test_what_a_message_leaves_behind_only_talks() -> None:
    """A scheduled job has a copy of the context of the task that made it."""

    async def go() -> None:
        over = asyncio.Event()
        who = event("1", admin=True)

        async def job() -> tuple[str, tuple[str | None, bool]]:
            await over.wait()
            chat = who.unified_msg_origin
            return access.chat_level(chat, SETTINGS), access.chat_asker("", SETTINGS)

        async def message() -> asyncio.Task[tuple[str, tuple[str | None, bool]]]:
            access.asks(who)
            assert access.chat_level(who.unified_msg_origin, SETTINGS) == "L2"
            return asyncio.create_task(job())

        left = await asyncio.create_task(message())
        over.set()
        assert await left == ("L0", (None, False))

    asyncio.run(go())


def test_a_group_has_a_session_for_each_level_and_a_private_chat_one() -> None:
    group, private = "qq:GroupMessage:555", "qq:FriendMessage:2"
    assert access.session_of(group, "L1") != access.session_of(group, "L2")
    assert access.session_of(private, "L1") == access.session_of(private, "L2") == private


@pytest.mark.parametrize(
    ("chat", "private"),
    [
        ("qq:FriendMessage:2", True),
        ("webchat:FriendMessage:webchat!a!b", True),
        ("qq:GroupMessage:5", False),
        ("qq:OtherMessage:5", False),
        ("", False),
        (None, False),
        ("FriendMessage", False),
    ],
)
def test_only_what_is_certainly_private_is(chat: str | None, private: bool) -> None:
    assert access.is_private(chat) is private
