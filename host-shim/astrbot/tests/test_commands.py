"""The chat commands: what is shown and when it stops, who may have how much of the queue, what is read
of attachments. Reports P10, P11, P19, P18 (attack)."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import fake_astrbot
import pytest
from astr_openclaw import Delta, Fault, Notice, Reply, ToolCall
from chat_rig import Event, opened, say, until
from gateway import Gateway
from openclaw import attachments, chat_turn

pytestmark = pytest.mark.asyncio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


class Turn:
    """One that is over at once."""

    id = "t1"

    def __init__(self, events: list[Any], text: str = "done") -> None:
        self._events, self._text = events, text
        self.cancelled = False
        self.ended = False

    def cancel(self) -> None:
        self.cancelled = True

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self._events:
            yield event
        self.ended = True

    async def reply(self) -> Reply:
        return Reply(self._text, "", "L1", "primary", None)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_turn, "_PAUSE", 0.001)
    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [])


FLOOD = [ToolCall(f"c{n}", "search" if n % 4 else "fetch", "{}") for n in range(400)]


# Report P10 (attack): 400 calls were 405 messages.
@pytest.mark.parametrize("streaming", ["off", "sentences", "auto"])
async def test_a_flood_of_steps_is_folded(tmp_path: Path, gateway: Gateway, monkeypatch, streaming: str) -> None:
    commands = await opened(tmp_path, gateway, streaming=streaming)
    denied = [Notice("tool_denied", f"no {n}") for n in range(100)]
    monkeypatch.setattr(commands._engine, "ask", lambda *_, **__: Turn(FLOOD + denied + [Delta("done")]))
    event = Event("1", "助手 x", streams=streaming == "auto")
    sent = await say(commands, event)
    text = "\n".join(sent)
    assert len(sent) <= 10 and text.count("正在调用") == 3 and "done" in text
    assert "另有 494 步" in text and "search ×" in text and "tool_denied ×97" in text
    await commands._engine.stop()


# Report P10 (attack): `sentences` went on for 15 minutes after 取消, and through a reload.
@pytest.mark.parametrize("how", ["取消", "全部取消", "reload"])
@pytest.mark.parametrize("streaming", ["sentences", "auto", "off"])
async def test_what_is_being_sent_stops_at_once(
    tmp_path: Path, gateway: Gateway, monkeypatch, how: str, streaming: str
) -> None:
    commands = await opened(tmp_path, gateway, streaming=streaming)
    # All of it has arrived: there is nothing to cancel but the sending.
    turn = Turn([ToolCall("c", "t", "{}"), *(Delta(f"这是第 {n} 句话，不短也不长。") for n in range(600))])
    monkeypatch.setattr(commands._engine, "ask", lambda *_, **__: turn)
    event = Event("1", "助手 x", streams=streaming == "auto", admin=True)
    event.slow = True
    asked = asyncio.create_task(say(commands, event))
    await until(lambda: event.sent)
    if how == "reload":
        commands.stop()
        await commands._engine.stop()
        commands.close()
    else:
        assert "已请求取消" in (await say(commands, Event("1", f"助手 {how}", admin=True)))[0]
    sent = await asyncio.wait_for(asked, 20)
    assert len(sent) == 2 and "cancelled" in sent[1] and turn.cancelled
    await commands._engine.stop()


async def test_of_a_corrected_answer_the_right_text_is_shown(tmp_path: Path, gateway: Gateway, monkeypatch) -> None:
    for streaming, streams in (("auto", True), ("sentences", False), ("off", False)):
        commands = await opened(tmp_path, gateway, streaming=streaming)
        turn = Turn([Delta("tag>ok</tag>"), Notice("answer_corrected", "differs")], "<tag>ok</tag>")
        monkeypatch.setattr(commands._engine, "ask", lambda *_, turn=turn, **__: turn)
        sent = await say(commands, Event("1", "助手 x", streams=streams))
        assert sent[-1].endswith("<tag>ok</tag>"), sent
        assert streaming == "off" or "更正" in "".join(sent)
        await commands._engine.stop()


# Report P11 (attack).
async def test_one_user_cannot_take_the_whole_queue(tmp_path: Path, gateway: Gateway) -> None:
    commands = await opened(tmp_path, gateway, user_share=2, limits={"queue_length": 4})
    first = [asyncio.create_task(say(commands, Event("1", "助手 hold"))) for _ in range(2)]
    await until(gateway.held.is_set)
    refused = await say(commands, Event("1", "助手 one more"))
    assert "busy" in refused[0] and "2 个任务" in refused[0]
    others = [asyncio.create_task(say(commands, Event(name, "助手 hi"))) for name in ("2", "3")]
    await until(lambda: commands._engine.status().queued == 3)
    # Only the place for admins is left.
    assert "busy" in (await say(commands, Event("4", "助手 hi")))[0]
    admin = asyncio.create_task(say(commands, Event("9", "助手 from admin", admin=True)))
    await until(lambda: commands._engine.status().queued == 4)
    # Who may not cancel everything.
    assert "只有管理员" in (await say(commands, Event("2", "助手 全部取消")))[0]
    assert "全部 5 个" in (await say(commands, Event("9", "助手 cancel-all", admin=True)))[0]
    for task in (*first, *others, admin):
        assert "cancelled" in (await asyncio.wait_for(task, 20))[-1]
    gateway.release.set()
    assert (await say(commands, Event("1", "助手 again")))[-1] == "again"
    await commands._engine.stop()


@pytest.mark.parametrize("length", [0, 1, 2])
async def test_a_short_queue_still_lets_users_ask(tmp_path: Path, gateway: Gateway, length: int) -> None:
    commands = await opened(tmp_path, gateway, limits={"queue_length": length})
    assert await say(commands, Event("1", "助手 hi")) == ["hi"]
    await commands._engine.stop()


# Report P18 (attack).
async def test_an_admins_session_in_a_group_is_not_the_members(tmp_path: Path, gateway: Gateway) -> None:
    commands = await opened(tmp_path, gateway)

    async def session(sender: str, admin: bool = False) -> str:
        await say(commands, Event(sender, "助手 hi", group="555", admin=admin))
        return json.dumps(gateway.requests[-1].get("user"))

    admin, member, other = await session("9", True), await session("1"), await session("2")
    assert admin != member == other
    await say(commands, Event("1", "助手 会话重置", group="555"))
    assert await session("9", True) == admin and await session("2") != member
    await commands._engine.stop()


class Image(fake_astrbot.Image):
    """Says when it is read."""

    read: ClassVar[list[str]] = []

    async def convert_to_file_path(self) -> str:
        Image.read.append(self.file)
        return self.file


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> type[Image]:
    Image.read = []
    monkeypatch.setattr(attachments.Comp, "Image", Image)
    return Image


def image(tmp_path: Path, size: int = 0) -> Image:
    path = tmp_path / "image.png"
    path.write_bytes(PNG + b"0" * size)
    return Image(str(path))


# Report P19 (attack).
async def test_nothing_is_read_while_memory_is_short(tmp_path: Path, gateway: Gateway, images: type[Image]) -> None:
    commands = await opened(tmp_path, gateway, limits={"heavy_floor_mib": 1 << 24})
    sent = await say(commands, Event("1", "助手 look", parts=(image(tmp_path),)))
    assert "heavy_task_refused" in sent[0] and "内存" in sent[0] and images.read == []
    with pytest.raises(Fault, match="heavy_task_refused"):
        await attachments.of_urls([str(tmp_path / "image.png")], commands._engine)
    assert images.read == [] and gateway.requests == []
    await commands._engine.stop()


class Free:
    async def check_heavy(self) -> None:
        pass


# Report P19, A7 (attack).
async def test_attachments_are_bounded_in_number_and_size(tmp_path: Path, images: type[Image]) -> None:
    one = image(tmp_path)
    assert [a.media_type for a in await attachments.of_message([one] * attachments.MAX_FILES, Free())] == [
        "image/png"
    ] * attachments.MAX_FILES
    quoted = type("Quoted", (attachments.Comp.Reply,), {"chain": [one] * 5})()
    too_many = [[one] * (attachments.MAX_FILES + 1), [quoted, quoted]]
    for parts in too_many:
        images.read = []
        with pytest.raises(attachments.NotAttachable) as caught:
            await attachments.of_message(parts, Free())
        assert "8" in caught.value.text("zh") and images.read == []
    large = image(tmp_path, 11 << 20)
    for _ in range(2):
        with pytest.raises(attachments.NotAttachable, match="too_much_data") as caught:
            await attachments.of_message([large, large], Free())
        # The same exception raised again would keep what the time before has read.
        assert sum(entry.name == "_read" for entry in caught.traceback) == 1
    coded = "A" * (30 << 20)
    for url in (f"base64://{coded}", f"data:image/png;base64,{coded}"):
        with pytest.raises(attachments.NotAttachable, match="too_much_data"):
            await attachments.of_urls([url], Free())
    os.mkfifo(tmp_path / "pipe")
    for path in ("/proc/self/pagemap", "/dev/zero", str(tmp_path / "pipe"), str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(attachments.NotAttachable):
            await asyncio.wait_for(attachments.of_urls([path], Free()), 20)


async def test_what_is_no_url_is_left_out(tmp_path: Path, images: type[Image]) -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    found = await attachments.of_urls([None, "", 5, url, f"file://{image(tmp_path).file}"], Free())
    assert [a.media_type for a in found] == ["image/png"] * 2


# Report P16 (attack).
@pytest.mark.parametrize("streams", [False, True])
async def test_control_characters_of_the_model_do_not_reach_the_chat(
    tmp_path: Path, gateway: Gateway, monkeypatch, streams: bool
) -> None:
    commands = await opened(tmp_path, gateway)
    events = [
        ToolCall("c", "t\x1b[2J", "{}"),
        Notice("tool_denied", "n\u202e"),
        Delta("a\0"),
        Delta("b\x1b"),
        Delta("[31mc\u202e"),
    ]
    monkeypatch.setattr(commands._engine, "ask", lambda *_, **__: Turn(events, "a\0b\x1b[31mc\u202e"))
    sent = "".join(await say(commands, Event("1", "助手 x", streams=streams)))
    assert sent.endswith("abc") and not set(sent) & {"\0", "\x1b", "\u202e"}
    await commands._engine.stop()


# Report P9 (attack): in groups also what the steps say.
async def test_a_secret_in_a_group_is_masked_wherever_it_comes(tmp_path: Path, gateway: Gateway, monkeypatch) -> None:
    commands = await opened(tmp_path, gateway, streaming="sentences")
    events = [Notice("tool_denied", "password=Sup3rS3cr3t"), Delta("OPENAI_API_"), Delta("KEY=Sup3r"), Delta("S3cr3t")]
    monkeypatch.setattr(commands._engine, "ask", lambda *_, **__: Turn(events, "OPENAI_API_KEY=Sup3rS3cr3t"))
    sent = "".join(await say(commands, Event("1", "助手 x", group="555")))
    assert "S3cr3t" not in sent and sent.count("＊＊＊") == 2
    await commands._engine.stop()
