"""What a turn may ask for besides: its place in the queue, and files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from astr_openclaw import File, Notice, Plugin
from gateway import Gateway
from test_turn import wait_until

PNG = b"\x89PNG\r\n\x1a\n and some content"


async def test_a_background_turn_waits_until_no_other_does(plugin: Plugin, gateway: Gateway) -> None:
    first = asyncio.create_task(plugin.ask("hold").reply())
    await wait_until(gateway.held.is_set)
    background = plugin.ask("background", patience="background")
    notice = await background.__anext__()
    assert isinstance(notice, Notice) and notice.code == "queued" and "background" in notice.text
    asked = plugin.ask("asked")
    assert isinstance(await asked.__anext__(), Notice)
    gateway.release.set()
    await asyncio.gather(first, background.reply(), asked.reply())
    assert gateway.texts() == ["hold", "asked", "background"]
    with pytest.raises(ValueError, match="allowed are interactive, background"):
        plugin.ask("x", patience="patient")


async def test_files_come_out_of_a_turn_that_takes_them(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "图.png").write_bytes(PNG)
    async with await Plugin.load(gateway.config, workspace=tmp_path) as plugin:
        text = "old gateway.\nASTR_FILE: out/图.png\nASTR_FILE: ../secret.txt"
        turn = plugin.ask(text, level="L2", files=True)
        events = [event async for event in turn]
        assert [event for event in events if isinstance(event, File)] == [File("图.png", "image/png", PNG)]
        refused = [event for event in events if isinstance(event, Notice)]
        assert [notice.code for notice in refused] == ["file_refused"] and "../secret.txt" in refused[0].text
        assert (await turn.reply()).text == "old gateway."
        # The content is not in the repr: it does not belong in a log.
        assert "content" not in repr(events)
        plain = plugin.ask(text, level="L2")
        assert not [event async for event in plain if isinstance(event, File)]
        assert (await plain.reply()).text == text
