"""Background tasks on disk: nothing is lost but what is damaged, nothing grows without end."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openclaw import task_store
from openclaw.sender import Sender
from openclaw.task_store import DONE, DUE, RUNNING, TOLD, UNDELIVERED, WAITING, Task, TaskStore, cut

pytestmark = pytest.mark.asyncio

SENDER = Sender("qq:FriendMessage:1", "qq", "aiocqhttp", "1", "小明", "", "99", False)


def task(number: int, state: str = WAITING, **more: Any) -> Task:
    values = {"asker": "qq:1", "project": "", "level": "L1", "text": f"任务 {number}", "door": "chat", "created": 1.5}
    if state not in (WAITING, RUNNING):
        values |= {"end": DONE, "delivery": TOLD, "ended": 2.5}
    return Task(id=number, state=state, chat=SENDER.chat, sender=SENDER, **{**values, **more})


async def opened(folder: Path, lost: list[str] | None = None) -> TaskStore:
    store = TaskStore(folder / "tasks", (lost if lost is not None else []).append)
    await store.load()
    return store


async def test_what_was_put_is_there_in_the_next_life(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    assert store.all() == [] and store.new_id() == 1
    kept = [
        task(store.new_id(), state, result="答\n案", delivery=DUE, tries=2, resumable=True, end=DONE)
        for state in task_store.STATES
    ]
    for one in kept:
        await store.put(replace(one, text="earlier"))
        await store.put(one)
    await store.drop(kept.pop().id)
    await store.close()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tasks").iterdir()} == {0o600}
    again = await opened(tmp_path)
    assert again.all() == kept and again.get(kept[0].id) == kept[0]
    assert again.new_id() > max(one.id for one in kept)
    await again.close()


async def test_a_damaged_file_loses_only_itself(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    for number in range(1, 13):
        await store.put(task(number))
    await store.close()
    folder = tmp_path / "tasks"

    def change(number: int, **fields: Any) -> None:
        path = folder / f"{number}.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **fields}))

    (folder / "1.json").write_text("{")
    (folder / "2.json").write_bytes(b"\xff\xfe")
    (folder / "3.json").write_text("[" * 100_000)
    (folder / "4.json").unlink()
    os.mkfifo(folder / "4.json")
    change(5, state="gone")
    change(6, id=7)
    change(7, sender={})
    change(8, text=5)
    change(9, state=DONE)
    change(12, created="now")
    (folder / "notes.txt").write_text("not ours")
    (folder / ".77.part").write_text("half")
    lost: list[str] = []
    again = await opened(tmp_path, lost)
    assert [one.id for one in again.all()] == [10, 11] and len(lost) == 10
    assert not (folder / ".77.part").exists() and (folder / "notes.txt").exists()
    # The newest one is damaged: its id is not given to another.
    assert again.new_id() == 13
    await again.close()
    lost.clear()
    assert (await opened(tmp_path, lost)).new_id() == 13 and lost == []
    # No more than a few are kept for inspection, the newest ones.
    for number in (100, 99):
        (folder / f"{number}.json").write_text("{")
    for _ in range(2):
        again = await opened(tmp_path, lost)
    names = {path.name for path in folder.glob("*.broken")}
    assert len(names) == 10 and "100.broken" in names and "1.broken" not in names and again.new_id() == 101


async def test_tasks_are_bounded_in_number_and_old_ended_ones_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_store, "IN_ALL", 80)
    store = await opened(tmp_path)
    await store.put(task(store.new_id(), WAITING))
    await store.put(task(store.new_id(), UNDELIVERED, delivery=DUE))
    for _ in range(task_store.PER_ASKER + 5):
        await store.put(task(store.new_id(), DONE))
    mine = [one.id for one in store.all()]
    # The live one stays, and what nobody has seen outlives what was told.
    assert len(mine) == task_store.PER_ASKER + 1 and mine[:2] == [1, 2] and mine[2:] == list(range(9, 28))
    # Those that are still to be told stay, however many they are and however many wait; until there are too many in all.
    for _ in range(task_store.PER_ASKER + 5):
        await store.put(task(store.new_id(), DONE, delivery=DUE, asker="qq:2"))
        await store.put(task(store.new_id(), WAITING, asker="qq:2"))
    assert sum(one.asker == "qq:2" and not one.live for one in store.all()) == task_store.PER_ASKER + 5
    for number in range(task_store.IN_ALL):
        await store.put(task(store.new_id(), DONE, asker=f"qq:{number + 100}"))
    assert len(store.all()) == task_store.IN_ALL
    await store.close()
    names = {path.name for path in (tmp_path / "tasks").iterdir()}
    assert names == {f"{one.id}.json" for one in store.all()}


async def test_tasks_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_store, "BYTES", 1000)
    store = await opened(tmp_path)
    for _ in range(5):
        await store.put(task(store.new_id(), DONE, result="字" * 100))
    assert [one.id for one in store.all()] == [3, 4, 5]
    await store.close()


async def test_writes_keep_their_order_and_outlive_their_callers(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    writes = [asyncio.create_task(store.put(task(1, text=str(number)))) for number in range(50)]
    await asyncio.sleep(0)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    await store.close()
    assert (await opened(tmp_path)).get(1).text == "49"


async def test_once_closed_nothing_is_written(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.put(task(1, DONE))
    await store.close()
    with pytest.raises(OSError, match="closed"):
        await store.put(task(2))
    assert [one.id for one in store.all()] == [1] == [one.id for one in (await opened(tmp_path)).all()]


async def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("in the way")
    store = await opened(tmp_path)
    with pytest.raises(OSError, match="tasks"):
        await store.put(task(1))
    await store.close()


async def test_a_text_is_cut_at_a_character_and_says_so() -> None:
    assert cut("短", 100, "（略）") == "短"
    long = cut("字" * 100, 100, "（略）")
    assert long.endswith("\n（略）") and len(long.encode()) <= 100 and "�" not in long
    assert cut("x" * 200 + "\ud83d", 100, "…").endswith("\n…")


async def test_an_id_is_not_used_again_though_its_task_was_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_store, "IN_ALL", 3)
    store = await opened(tmp_path)
    for _ in range(3):
        await store.put(task(store.new_id()))
    for _ in range(2):  # There is no room for them beside those that wait.
        await store.put(task(store.new_id(), DONE, end=DONE))
        await store.put(task(1))
    last = store.new_id() - 1
    await store.close()
    store = await opened(tmp_path)
    assert store.new_id() > last
    await store.close()
