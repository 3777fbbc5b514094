"""Conversation mode: whose messages are taken, and when it ends."""

from __future__ import annotations

import asyncio
import types
from pathlib import Path
from typing import Any

import pytest
from chat_rig import Event
from fake_astrbot import Image
from openclaw import conversation_mode
from openclaw.conversation_mode import ConversationMode, is_other_command
from openclaw.settings import Settings

WAKE = ["/", "小助"]


class At:
    """As AstrBot's."""

    def __init__(self, qq: str) -> None:
        self.qq = qq


class Reply:
    """As AstrBot's."""


class CommandFilter:
    """As AstrBot's."""


class RegexFilter:
    """As AstrBot's."""


class OtherFilter:
    """Of a plugin that listens to everything."""


class Said(Event):
    """A message as the filter meets it."""

    def __init__(self, sender: str, text: str, *rules: Any, **more: Any) -> None:
        prefix = next((prefix for prefix in WAKE if text.startswith(prefix)), "")
        super().__init__(sender, text[len(prefix) :], **more)
        self.message_obj.message_str = text
        self.is_at_or_wake_command = bool(prefix) or not self.group
        self.extras = {"activated_handlers": [types.SimpleNamespace(event_filters=[rule]) for rule in rules]}

    def get_extra(self, key: str | None = None, default: Any = None) -> Any:
        return self.extras.get(key, default)


class Clock:
    """The world's, moved by the test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(conversation_mode, "time", clock)
    return clock


def opened(folder: Path, **config: Any) -> ConversationMode:
    settings = Settings.read({"users": ["*"], "groups": ["*"], "conversation_mode": True, **config})
    assert settings.problems == []
    return ConversationMode(settings, folder / "conversation_mode.json")


def entered(folder: Path, event: Event, project: str = "", **config: Any) -> ConversationMode:
    mode = opened(folder, **config)
    asyncio.run(mode.enter(event, project))
    return mode


def test_only_the_senders_own_messages_of_that_chat_are_taken(tmp_path: Path, clock: Clock) -> None:
    mode = entered(tmp_path, Said("1", "", group="5"), "博客")
    assert mode.claims(Said("1", "接着写", group="5"), WAKE)
    assert not mode.claims(Said("2", "接着写", group="5"), WAKE), "another member"
    assert not mode.claims(Said("1", "接着写", group="6"), WAKE), "another group"
    assert not mode.claims(Said("1", "接着写"), WAKE), "a private chat"
    assert asyncio.run(mode.next_task(Said("1", "接着写", group="5"))) == "博客"


def test_messages_of_the_bot_itself_are_never_taken(tmp_path: Path, clock: Clock) -> None:
    mode = entered(tmp_path, Said("10000", ""))
    assert not mode.claims(Said("10000", "接着写"), WAKE)
    mode = entered(tmp_path, Said("1", ""))
    of_a_command = Said("1", "接着写")
    of_a_command.extras["astrbot_plugin_openclaw_command"] = True
    assert not mode.claims(of_a_command, WAKE), "a command that a turn runs has sent it"


@pytest.mark.parametrize("lost", ["users", "groups"])
def test_without_the_right_there_is_none(tmp_path: Path, clock: Clock, lost: str) -> None:
    entered(tmp_path, Said("1", "", group="5"))
    mode = opened(tmp_path, **{lost: []})
    assert not mode.claims(Said("1", "接着写", group="5"), WAKE)


@pytest.mark.parametrize(
    ("event", "taken"),
    [
        (Said("1", "接着写"), True),
        (Said("1", "", parts=(Image(),)), True),
        (Said("1", ""), False),  # A poke or a notice.
        (Said("1", "看看", parts=(At("77"),), group="5"), False),
        (Said("1", "看看", parts=(Reply(), At("77")), group="5"), False),
        (Said("1", "看看", parts=(At("10000"),), group="5"), True),
        (Said("1", "看看", parts=(At("all"),), group="5"), True),
        (Said("1", "问问", parts=(Reply(), At("10000"), At("77")), group="5"), True),
    ],
)
def test_what_says_nothing_or_calls_somebody_else_is_left_alone(
    tmp_path: Path, clock: Clock, event: Said, taken: bool
) -> None:
    assert entered(tmp_path, event).claims(event, WAKE) is taken


def test_other_commands_stay_commands(tmp_path: Path, clock: Clock) -> None:
    mode = entered(tmp_path, Said("1", ""))
    for rule in (CommandFilter(), RegexFilter()):
        command = Said("1", "/help", rule)
        assert mode.claims(command, WAKE) and command.is_at_or_wake_command and is_other_command(command, WAKE)
    assert not is_other_command(Said("1", "/看看", OtherFilter()), WAKE), "no command: else AstrBot's model had it"
    # Without the wake prefix it is no command, and AstrBot must not take it for one.
    plain = Said("1", "help", CommandFilter())
    assert mode.claims(plain, WAKE) and not plain.is_at_or_wake_command and not is_other_command(plain, WAKE)
    assert not is_other_command(Said("1", "help", CommandFilter()), [""])


def test_it_ends_when_nothing_is_said_and_that_is_told_once(tmp_path: Path, clock: Clock) -> None:
    async def body() -> None:
        event = Said("1", "接着写")
        mode = opened(tmp_path, conversation_minutes=5)
        await mode.enter(event, "")
        for _ in range(3):
            clock.now += 299
            assert mode.claims(event, WAKE) and await mode.next_task(event) == ""
        clock.now += 301
        assert mode.claims(event, WAKE), "it must not go to AstrBot's own model unnoticed"
        assert await mode.next_task(event) is None
        assert not mode.claims(event, WAKE) and not await mode.leave(event)

    asyncio.run(body())


def test_it_outlives_a_restart_and_the_time_counts_on(tmp_path: Path, clock: Clock) -> None:
    event = Said("1", "接着写")
    entered(tmp_path, event, "博客", conversation_minutes=5)
    clock.now += 200
    mode = opened(tmp_path, conversation_minutes=5)
    assert mode.claims(event, WAKE) and asyncio.run(mode.next_task(event)) == "博客"
    clock.now += 250
    mode = opened(tmp_path, conversation_minutes=5)
    assert asyncio.run(mode.next_task(event)) == "博客"
    clock.now += 301
    mode = opened(tmp_path, conversation_minutes=5)
    assert mode.claims(event, WAKE) and asyncio.run(mode.next_task(event)) is None
    assert (tmp_path / "conversation_mode.json").stat().st_mode & 0o777 == 0o600


def test_when_an_admin_turns_it_off_that_is_told(tmp_path: Path, clock: Clock) -> None:
    event = Said("1", "接着写")
    entered(tmp_path, event)
    mode = opened(tmp_path, conversation_mode=False)
    assert mode.claims(event, WAKE) and asyncio.run(mode.next_task(event)) is None


def test_a_clock_that_is_put_back_does_not_make_it_longer(tmp_path: Path, clock: Clock) -> None:
    event = Said("1", "接着写")
    mode = entered(tmp_path, event)
    clock.now -= 86400
    assert asyncio.run(mode.next_task(event)) is None


def test_leaving_ends_it(tmp_path: Path, clock: Clock) -> None:
    event = Said("1", "接着写")
    mode = entered(tmp_path, event)
    assert asyncio.run(mode.leave(event)) and not mode.claims(event, WAKE)
    assert not opened(tmp_path).claims(event, WAKE)


def test_what_cannot_be_stored_changes_nothing(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        monkeypatch.setattr(conversation_mode, "_MODES", 2)
        mode, event = opened(tmp_path), Said("1", "接着写")
        await mode.enter(event, "博客")
        clock.now += 1
        await mode.enter(Said("2", ""), "")

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr("openclaw.atomic_file.write_json", full)
            for sender in ("1", "3"):  # Back into another project, and one that displaces the oldest.
                with pytest.raises(OSError):
                    await mode.enter(Said(sender, ""), "别的")
        assert [mode.claims(Said(sender, "x"), WAKE) for sender in ("1", "2", "3")] == [True, True, False]
        assert await mode.next_task(event) == "博客"

    asyncio.run(body())


def test_it_is_bounded(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        monkeypatch.setattr(conversation_mode, "_MODES", 3)
        mode = opened(tmp_path)
        for sender in ("1", "2", "3", "4"):
            clock.now += 1
            await mode.enter(Said(sender, ""), "")
        assert [mode.claims(Said(sender, "x"), WAKE) for sender in ("1", "2", "3", "4")] == [False, True, True, True]

    asyncio.run(body())


@pytest.mark.parametrize("content", ["{}x", "3", "[[1]]", '[["a","b","c","d"]]', '[["a","b","c",null]]'])
def test_a_damaged_file_loses_only_itself(tmp_path: Path, clock: Clock, content: str) -> None:
    (tmp_path / "conversation_mode.json").write_text(content)
    mode = opened(tmp_path)
    assert not mode.claims(Said("1", "x"), WAKE)
    asyncio.run(mode.enter(Said("1", ""), ""))
    assert opened(tmp_path).claims(Said("1", "x"), WAKE)
