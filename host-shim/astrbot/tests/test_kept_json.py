"""Small files that are written off the event loop: in order, and never two at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from openclaw import atomic_file
from openclaw.kept_json import KeptJson

WRITE = atomic_file.write_json


class Disk:
    """Writes wait until they are let go on; `most`: how many there were at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.writes = self.now = self.most = 0

    def write(self, path: Path, value: Any) -> None:
        self.writes, self.now = self.writes + 1, self.now + 1
        self.most = max(self.most, self.now)
        self.entered.set()
        try:
            assert self.gate.wait(20)
            WRITE(path, value)
        finally:
            self.now -= 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(atomic_file, "write_json", disk.write)
    return disk


def test_the_newest_value_is_there_when_a_store_returns(tmp_path: Path, disk: Disk) -> None:
    async def body() -> None:
        path, values = tmp_path / "x.json", [0]
        kept = KeptJson(path, lambda: values[-1])

        async def change(number: int) -> None:
            values.append(number)
            await kept.store()
            assert json.loads(path.read_text()) >= number

        changes = [asyncio.ensure_future(change(1))]
        await asyncio.to_thread(disk.entered.wait, 20)
        changes += [asyncio.ensure_future(change(number)) for number in range(2, 50)]
        await asyncio.sleep(0)
        disk.gate.set()
        await asyncio.gather(*changes)
        # All that came while the first was under way are one write.
        assert (disk.writes, disk.most) == (2, 1) and json.loads(path.read_text()) == 49

    asyncio.run(body())


def test_whoever_gives_up_waiting_lets_no_second_write_in(tmp_path: Path, disk: Disk) -> None:
    async def body() -> None:
        path = tmp_path / "x.json"
        kept = KeptJson(path, lambda: "value")
        first = asyncio.ensure_future(kept.store())
        await asyncio.to_thread(disk.entered.wait, 20)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        second = asyncio.ensure_future(kept.store())
        for _ in range(100):
            await asyncio.sleep(0)
        disk.gate.set()
        await second
        assert disk.most == 1 and json.loads(path.read_text()) == "value"

    asyncio.run(body())


def test_once_closed_nothing_is_written_over_what_a_next_life_has_stored(tmp_path: Path, disk: Disk) -> None:
    async def body() -> None:
        path, values = tmp_path / "x.json", ["old"]
        kept = KeptJson(path, lambda: values[-1])
        storing = asyncio.ensure_future(kept.store())
        await asyncio.to_thread(disk.entered.wait, 20)
        closing = asyncio.ensure_future(kept.close())
        await asyncio.sleep(0)
        assert not closing.done()
        disk.gate.set()
        await asyncio.gather(storing, closing)
        WRITE(path, "new")
        values.append("late")
        with pytest.raises(OSError, match="closed"):
            await kept.store()
        assert json.loads(path.read_text()) == "new"

    asyncio.run(body())
