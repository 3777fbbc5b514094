"""The file that timers are kept in."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from openclaw.sender import Sender
from timer_rig import Rig, rig

__all__ = ["rig"]


GOOD = {
    "id": 1,
    "sender": Sender("qq:FriendMessage:1", "qq", "aiocqhttp", "1", "n", "", "0", False).stored(),
    "project": "",
    "text": "x",
    "schedule": ["once", 0, 0, 0],
    "next": 1.9e9,
    "begun": None,
}


@pytest.mark.parametrize(
    "stored",
    ["", "[]", "{}", {"last": 1}, {"last": 0, "timers": [GOOD]}, {"last": "1", "timers": []}]
    + [
        {"last": 1, "timers": [{**GOOD, key: value}]}
        for key, value in {"id": "1", "sender": {}, "project": None}.items()
    ]
    + [{"last": 1, "timers": [{**GOOD, key: value}]} for key, value in {"text": 1, "schedule": [], "next": "x"}.items()]
    + [{"last": 1, "timers": [{**GOOD, "next": 1e300}]}, {"last": 1, "timers": [{**GOOD, "begun": float("inf")}]}],
)
def test_a_damaged_file_loses_only_itself(rig: Rig, stored: Any) -> None:
    async def body() -> None:
        path = rig.folder / "timers.json"
        path.write_text(json.dumps({"last": 1, "timers": [GOOD]}))
        rig.begin()
        assert len(rig.timers.all()) == 1, "the test itself is wrong"
        path.write_text(stored if isinstance(stored, str) else json.dumps(stored))
        rig.begin()
        assert rig.timers.all() == [] and (rig.folder / "timers.broken").exists()
        assert "已设定" in await rig.say("定时 18:30 写书")
        assert path.stat().st_mode & 0o777 == 0o600

    asyncio.run(body())
