"""AstrBot killed at any moment: every background task that was taken is told of, and none runs twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gateway import Gateway

LIVES = 12
MARK = "重发"


def test_no_task_is_lost_and_none_runs_twice(star: Path, gateway: Gateway) -> None:
    config = {**gateway.config, "users": ["*"]}
    chance = random.Random(17)
    lines: list[dict[str, Any]] = []
    for life in range(LIVES):
        lines += lived(star.parent, config, life, chance.randrange(2, 14), chance.random() * 0.02)
    lines += lived(star.parent, config, LIVES, None, 0.0)
    over = lines.pop()["over"]
    taken = {line["taken"] for line in lines if "编号" in line.get("answer", "")}
    told = [line["told"] for line in lines if "told" in line]
    assert taken <= set(over), sorted(taken - set(over))
    ran = gateway.texts()
    assert len(ran) == len(set(ran)), "a task ran twice"
    for text, state in over.items():
        of_task = [one for one in told if f"：{text}\n" in one]
        assert state in ("done", "interrupted") and of_task, (text, state)
        # Whatever was sent again says so.
        assert sum(MARK not in one for one in of_task) <= 1, of_task
        assert (state == "done") == any(one.endswith(f"\n{text}") for one in of_task), of_task
    states = list(over.values())
    assert len(taken) >= 2 * LIVES and states.count("done") >= LIVES and states.count("interrupted") >= 3, states
    again = sum(MARK in one for one in told)
    print(f"{LIVES} kills, {len(taken)} tasks, {states.count('interrupted')} interrupted, {again} messages sent again")


def lived(folder: Path, config: dict[str, Any], life: int, most: int | None, more: float) -> list[dict[str, Any]]:
    """What a life has said until it was killed, so many lines and seconds later; None: until it is over."""
    program = Path(__file__).with_name("killed_background_life.py")
    how = "last" if most is None else "killed"
    command = [sys.executable, str(program), str(folder), json.dumps(config), str(life), how]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            while most is None or len(lines) < most:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                lines.append(json.loads(line))
                if "over" in lines[-1]:
                    break
            until = time.perf_counter() + more
            while time.perf_counter() < until:
                pass
        finally:
            process.kill()
        rest = process.stdout.read().splitlines(keepends=True)
        lines += [json.loads(line) for line in rest if line.endswith("\n")]
    return lines
