"""Files that the agent makes reach the chat of its task, as bytes, and no other."""

from __future__ import annotations

import asyncio
import base64
import os
import types
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from astr_openclaw import Delta, File
from background_rig import CHAT, Lives, quick
from chat_rig import Event, say, until
from gateway import Gateway
from openclaw import task_store
from openclaw.outgoing_files import OutgoingFiles
from openclaw.settings import Settings
from openclaw.task_store import DONE, TOLD
from test_commands import Turn
from test_task_store import opened, task

pytestmark = pytest.mark.asyncio
__all__ = ["quick"]

GROUP = "qq:GroupMessage:555"
TOKEN = "oc-Vq3xZ8mTn5Jd-Lw6pR2kYh9sJ4"
PNG = File("图.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 16)
PDF = File("报告.pdf", "application/pdf", b"%PDF-1.7\n\0\xff")


class Chat:
    """What a platform gets: each message's parts as OneBot would see them."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []

    async def deliver(self, message: Any) -> None:
        for part in message.chain:
            if hasattr(part, "to_dict"):
                # AstrBot's own platforms read the file itself.
                assert os.stat(part.file_).st_mode & 0o777 == 0o600
                self.got.append((await part.to_dict())["data"])
            else:
                self.got.append({"file": getattr(part, "file", None), "text": getattr(part, "text", None)})

    def bytes(self) -> list[bytes]:
        return [base64.b64decode(one["file"].removeprefix("base64://")) for one in self.got if one.get("file")]


def outgoing(folder: Path, **config: Any) -> OutgoingFiles:
    return OutgoingFiles(Settings.read({"gateway_bearer_token": TOKEN, **config}), folder / "outgoing")


async def test_files_go_as_bytes_and_nothing_is_left_behind(tmp_path: Path) -> None:
    chat = Chat()
    files = outgoing(tmp_path)
    assert await files.send([PNG, PDF], CHAT, chat.deliver) == []
    assert chat.bytes() == [PNG.data, PDF.data] and chat.got[1]["name"] == "报告.pdf"
    assert list((tmp_path / "outgoing").iterdir()) == []
    # What a kill leaves.
    (tmp_path / "outgoing" / "left").write_text("x")
    await files.clean()
    assert list((tmp_path / "outgoing").iterdir()) == []


async def test_one_that_is_not_taken_does_not_stop_the_others(tmp_path: Path) -> None:
    chat, answers = Chat(), [RuntimeError("quotes what it was sent"), False, None]

    async def deliver(message: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        await chat.deliver(message)
        return answer

    lines = await outgoing(tmp_path).send([replace(PDF, name=f"a\n{n}/b\u202e") for n in range(3)], CHAT, deliver)
    assert lines == ["📎 文件 a 0_b 未能发送：RuntimeError", "📎 文件 a 1_b 未能发送：平台不接受"]
    assert chat.got[-1]["name"] == "a 2_b" and list((tmp_path / "outgoing").iterdir()) == []


@pytest.mark.parametrize(
    ("file", "group", "private"),
    [
        (File("a.txt", "text/plain", b"x\nOPENAI_API_KEY=Sup3rS3cr3t\n"), False, True),
        (File("a.json", "application/json", b'{"password": "Sup3rS3cr3t"}'), False, True),
        (File("long.txt", "text/plain", b"word " * 40_000 + b"OPENAI_API_KEY=Sup3rS3cr3t"), False, True),
        (File("edge.txt", "text/plain", b"x" * 65_527 + b"\npassword=Sup3rS3cr3t"), False, True),
        (File("a.txt", "text/plain", f"x {TOKEN} y".encode()), False, False),
        (File("a.bin", "application/octet-stream", b"\0" + TOKEN.encode() + b"\xff"), False, False),
        (File("a.txt", "text/plain", b"nothing\r\nof that kind\x1b[0m"), True, True),
    ],
)
async def test_what_holds_a_secret_is_not_sent(tmp_path: Path, file: File, group: bool, private: bool) -> None:
    files = outgoing(tmp_path)
    for where, sent in ((GROUP, group), (CHAT, private)):
        chat = Chat()
        lines = await files.send([file], where, chat.deliver)
        assert chat.bytes() == ([file.data] if sent else []), where
        assert sent == (lines == []) and all("疑似密钥" in line and "Sup3r" not in line for line in lines)


class Sees(Event):
    """A message whose chat keeps the parts of what is sent."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.chat = Chat()

    async def send(self, chain: Any) -> None:
        await self.chat.deliver(chain)
        await super().send(chain)


@pytest_asyncio.fixture
async def lives(tmp_path: Path, gateway: Gateway, quick: None) -> AsyncIterator[Lives]:
    lives = Lives(tmp_path, gateway)
    await lives.begin()
    yield lives
    await lives.end()


@pytest.mark.parametrize("streaming", ["off", "sentences", "auto"])
async def test_files_of_a_task_come_after_its_answer(lives: Lives, monkeypatch: Any, streaming: str) -> None:
    commands = lives.commands
    commands._settings.streaming = streaming
    asked: list[dict[str, Any]] = []

    def ask(*_: Any, **how: Any) -> Turn:
        asked.append(how)
        return Turn([PNG, Delta("done"), PDF])

    monkeypatch.setattr(commands._engine, "ask", ask)
    event = Sees("1", "助手 x", streams=streaming == "auto")
    sent = await say(commands, event)
    assert asked[0]["files"] is True and event.chat.bytes() == [PNG.data, PDF.data]
    if streaming != "off":  # AstrBot sends what is yielded after this.
        assert event.chat.got[0].get("text") == "done"
    assert "done" in sent and all("没有返回文字" not in text for text in sent)
    # One without a word is an answer too.
    monkeypatch.setattr(commands._engine, "ask", lambda *_, **__: Turn([PNG], ""))
    event = Sees("1", "助手 x", streams=streaming == "auto")
    sent = await say(commands, event)
    assert event.chat.bytes() == [PNG.data] and all("没有返回文字" not in text for text in sent)


def of_task(lives: Lives, monkeypatch: pytest.MonkeyPatch, *files: File) -> None:
    """The next turns send these."""
    monkeypatch.setattr(lives.commands._engine, "ask", lambda *_, **__: Turn([*files]))


async def test_files_of_a_background_task_are_kept_and_pushed(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    got = Chat()
    send = lives.astr.send_message

    async def send_message(chat: str, chain: Any) -> bool:
        taken = await send(chat, chain)
        if taken:
            await got.deliver(chain)
        return taken

    monkeypatch.setattr(lives.astr, "send_message", send_message)
    of_task(lives, monkeypatch, PNG, PDF)
    lives.astr.answers = [False, True, True, False]
    await lives.ask("后台 draw")
    await until(lambda: lives.task(1) and lives.task(1).delivery == TOLD)
    # The message was refused once; then it and the picture were taken, and the document was not.
    assert [text for text in lives.astr.told() if text][-1] == "📎 文件 报告.pdf 未能发送：平台不接受"
    assert got.bytes() == [PNG.data]
    store = lives.commands.background._store
    await store.flush()
    folder = store._folder
    assert sorted(path.name for path in folder.iterdir()) == ["1-0.bin", "1-1.bin", "1.json"]
    # On request all of it comes again, in the next life too.
    await lives.end()
    await lives.begin()
    event = Sees("1", "助手 任务 1")
    assert "done" in (await say(lives.commands, event))[-1] and event.chat.bytes() == [PNG.data, PDF.data]
    admin = Sees("9", "助手 任务 1", admin=True)
    assert "done" in (await say(lives.commands, admin))[-1] and admin.chat.bytes() == []


async def test_a_kill_between_message_and_files_repeats_only_the_files(lives: Lives, monkeypatch: Any) -> None:
    of_task(lives, monkeypatch, PDF)
    lives.astr.answers = [True, asyncio.Event()]
    await lives.ask("后台 draw")
    await until(lambda: lives.task(1) and lives.task(1).told == 1 and not lives.astr.answers)
    await lives.kill()
    await lives.begin()
    await until(lambda: lives.task(1).delivery == TOLD)
    assert [text for text in lives.astr.told() if text] == ["✅ 后台任务 1 已完成：draw\ndone"]
    assert len(lives.astr.told()) == 2


async def test_a_result_outlives_files_that_cannot_be_kept(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lives.commands.background._store._folder
    (folder / "1-0.bin").mkdir(parents=True)
    of_task(lives, monkeypatch, PDF)
    await lives.ask("后台 draw")
    await until(lambda: lives.task(1) and lives.task(1).delivery == TOLD)
    await lives.end()
    await lives.begin()
    assert (lives.task(1).state, lives.task(1).result, lives.task(1).files) == (DONE, "done", ())


async def test_who_delegates_gets_the_files_into_the_chat(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    of_task(lives, monkeypatch, PNG)
    event = Sees("1", "draw")
    told = await lives.commands.delegation.delegate(event, "draw")
    assert told.endswith("done\n（1 个文件已发送到聊天）") and event.chat.bytes() == [PNG.data]


async def test_stored_files_are_bounded_and_go_with_their_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_store, "FILE_BYTES", 100)
    store = await opened(tmp_path)
    file = File("a.bin", "application/octet-stream", b"x" * 40)
    for _ in range(4):
        await store.put(task(store.new_id(), DONE), [file])
    assert [len(one.files) for one in store.all()] == [0, 0, 1, 1]
    assert await store.read_files(store.get(4)) == [file]
    await store.drop(3)
    (tmp_path / "tasks" / "4-1.bin").write_bytes(b"of nobody")
    (tmp_path / "tasks" / "9-0.bin").write_bytes(b"of nobody")
    await store.close()
    again = await opened(tmp_path)
    assert again.all() == store.all()
    names = {path.name for path in (tmp_path / "tasks").iterdir()}
    assert names == {"1.json", "2.json", "4.json", "4-0.bin"}
    # One that is gone, or is not what was stored, is left out.
    (tmp_path / "tasks" / "4-0.bin").write_bytes(b"x" * 41)
    assert await again.read_files(again.get(4)) == []
    await again.close()


async def test_a_chat_models_files_go_to_the_message_that_it_answers(tmp_path: Path) -> None:
    from openclaw import access
    from openclaw.provider import OpenClawProvider

    event = Sees("1", "draw")
    provider = types.SimpleNamespace(files=outgoing(tmp_path))
    turn: Any = types.SimpleNamespace(files=[PNG])
    access.asks(event)
    assert await OpenClawProvider._send_files(provider, turn, CHAT) == [] and event.chat.bytes() == [PNG.data]
    # Another chat's, and callers without one, get none.
    for chat in (GROUP, "qq:FriendMessage:2"):
        assert await OpenClawProvider._send_files(provider, turn, chat) == []
    assert len(event.chat.got) == 1
