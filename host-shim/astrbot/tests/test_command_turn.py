"""A command in a whole turn: the component offers it by level, its time limit ends it, and it cannot start
another turn."""

from __future__ import annotations

import asyncio
import json
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import fake_commands
import pytest
from astr_openclaw import Fault
from command_rig import CONFIG, command, weather
from fake_commands import Event
from gateway import Gateway
from openclaw import tools
from openclaw.engine import Engine
from openclaw.settings import Settings

CONTEXT: Any = types.SimpleNamespace(
    get_config=lambda umo: CONFIG, get_llm_tool_manager=lambda: types.SimpleNamespace(func_list=[])
)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    fake_commands.registry.handlers.clear()


Ask = Callable[..., Awaitable[str]]


def run(star: Path, gateway: Gateway, body: Callable[[Engine, Ask], Awaitable[None]], **config: Any) -> None:
    async def main() -> None:
        settings = Settings.read({**gateway.config, "astrbot_commands": ["w", "say"], **config})
        engine = Engine(settings, star, star.parent / "data")
        await engine.start()
        assert engine.problem is None

        async def ask(text: str, level: str = "L2") -> str:
            served = tools.of_turn(CONTEXT, Event(), engine)
            return (await engine.ask(text, session="s", level=level, tools=served).reply()).text

        try:
            await asyncio.wait_for(body(engine, ask), 60)
        finally:
            await engine.stop()

    asyncio.run(main())


def test_a_turn_runs_it_if_its_level_allows(star: Path, gateway: Gateway) -> None:
    command("w", weather)

    async def body(_engine: Engine, ask: Ask) -> None:
        call = 'tool astrbot_cmd_w {"arguments": "上海"}'
        assert await ask(call) == "晴：w 上海"
        offered = {tool.get("name") or tool["function"]["name"] for tool in gateway.requests[-1]["tools"]}
        assert "astrbot_cmd_w" in offered and "astrbot_cmd_say" not in offered
        assert "晴" not in await ask(call, "L1")
        assert "astrbot_cmd_w" not in json.dumps(gateway.requests[-1].get("tools"))

    run(star, gateway, body)


def test_the_time_limit_ends_a_command_that_waits_and_one_that_blocks_the_loop(star: Path, gateway: Gateway) -> None:
    ended: list[str] = []

    async def waits(event: Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def blocks(event: Event) -> None:
        time.sleep(1.5)
        ended.append("blocks")

    command("w", waits)
    command("say", blocks)

    async def body(_engine: Engine, ask: Ask) -> None:
        for name in ("w", "say"):
            assert "timed out after 1 s" in await ask(f"tool astrbot_cmd_{name} {{}}")
        assert await ask("hi") == "hi" and ended == ["waits", "blocks"]

    run(star, gateway, body, tool_timeout_seconds=1)


def test_a_command_cannot_ask_the_assistant(star: Path, gateway: Gateway) -> None:
    refused: list[Fault] = []

    async def body(engine: Engine, ask: Ask) -> None:
        async def asks_again(event: Event) -> None:
            try:
                await ask("hi")
            except Fault as fault:
                refused.append(fault)
                raise

        command("w", asks_again)
        # At once, not when the queue's limit is over.
        answer = await asyncio.wait_for(ask("tool astrbot_cmd_w {}"), 20)
        assert "不能从中再次调用助手" in answer and refused[0].code == "busy"
        assert len(gateway.requests) == 2 and await ask("hi") == "hi"

    run(star, gateway, body)
