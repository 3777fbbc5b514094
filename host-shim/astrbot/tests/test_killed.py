"""AstrBot killed at any moment: whatever a user had been told by then still holds in its next life."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from gateway import Gateway
from openclaw import access
from openclaw.conversations import Conversations
from openclaw.engine import Engine
from openclaw.settings import Settings
from provider_rig import CHAT, Admin, Rig, run


@pytest.mark.parametrize(("streaming", "lives"), [("off", 20), ("sentences", 12), ("auto", 12)])
def test_whatever_was_told_before_a_kill_holds_after_it(
    star: Path, gateway: Gateway, streaming: str, lives: int
) -> None:
    config = {
        **gateway.config,
        "users": ["*"],
        "streaming": streaming,
        # As small as the settings allow, so that kills meet a rotation too; and none is dropped.
        "audit_max_kib": 16,
        "audit_files": 100,
        "limits": {"breaker_open_seconds": 3600},
    }
    chance = random.Random(2026)
    held: dict[str, str] = {}
    audited: set[str] = set()
    ended = {"open": 0, "closed": 0}
    for life in range(lives):
        start, *lines = killed_life(star.parent, config, life, chance)
        found = {what: start[what] for what in held}
        assert found == held, f"life {life}"
        held = dict(start)
        for line in lines:
            for what in line.pop("begins", ()):
                held.pop(what, None)
            held.update(line)
            audited |= {held.pop("audited")} if "audited" in line else set()
        if "breaker" in held:
            ended[held["breaker"]] += 1
    kept = {line["who"].removeprefix("qq:") for line in audit_lines(star.parent / "data")}
    assert audited <= kept, sorted(audited - kept)
    assert min(ended.values()) >= 3 and len(audited) >= 4 * lives, (ended, len(audited))
    print(f"{streaming}: {lives} kills, {len(audited)} audit lines, {ended['open']} with an open breaker")


def killed_life(folder: Path, config: dict[str, Any], life: int, chance: random.Random) -> list[dict[str, Any]]:
    """What a life has told until it was killed, at a random moment."""
    program = Path(__file__).with_name("killed_life.py")
    command = [sys.executable, str(program), str(folder), json.dumps(config), str(life)]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            for _ in range(chance.randrange(3, 60)):
                line = process.stdout.readline()
                assert line, process.stderr.read()
                lines.append(json.loads(line))
            until = time.perf_counter() + chance.random() * 0.01
            while time.perf_counter() < until:
                pass
        finally:
            process.kill()
        # The last line may be incomplete: nothing was sent for it yet.
        rest = process.stdout.read().splitlines(keepends=True)
        lines += [json.loads(line) for line in rest if line.endswith("\n")]
    return lines


def audit_lines(data: Path) -> list[dict[str, Any]]:
    """All readable lines. A kill may leave a line incomplete, but only before its answer was sent."""
    lines = []
    for path in data.glob("audit.jsonl*"):
        for text in path.read_text("utf-8", "replace").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue
    return lines


def test_before_astrbot_has_a_chat_models_answer_all_is_kept(tmp_path: Path) -> None:
    async def answered(rig: Rig, text: str) -> dict[str, Any]:
        """The audit log's newest line at the moment in which AstrBot has the whole response."""
        access.asks(Admin(CHAT))
        stream = rig.provider.text_chat_stream(text, CHAT)
        while (await anext(stream)).is_chunk:
            pass
        line = rig.audit.lines[-1]
        await stream.aclose()
        assert rig.audit.lines[-1] is line, "written twice"
        return line

    async def body(rig: Rig) -> None:
        assert (await answered(rig, "hi"))["outcome"] == "completed"
        kept = Conversations(rig.folder / "conversations.json")
        session = kept.find(access.session_of(CHAT, "L2"), ["user:hi", "assistant:hi"])
        # The gateway's has a form of its own before the number.
        assert session is not None and rig.sessions()[-1].endswith(session.rpartition(":")[2])
        for _ in range(2):
            assert (await answered(rig, "drop"))["code"] == "stream_interrupted"
        after = Engine(Settings.read(rig.gateway.config), rig.folder / "star", rig.folder / "data")
        await after.start()
        assert (await after.status_now()).breakers["primary"].state == "open"
        await after.stop()

    run(tmp_path, body)
