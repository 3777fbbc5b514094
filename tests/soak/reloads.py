"""The Star's part of the soak: it is loaded, asked and unloaded again and again in this process, as AstrBot reloads a
plugin, with AstrBot's parts and the gateway of the Star's own tests.

    reloads.py PLUGINS LIVES SECONDS SEED

PLUGINS is a folder with the unpacked plugin; 0 is no limit. It writes and ends as the worker in Rust does."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import os
import random
import sys
import tempfile
import threading
import time
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "host-shim/astrbot/tests"), str(ROOT / "host-shim/python/tests")]

import fake_astrbot  # noqa: E402 Found by the line above.

PLUGIN = "astrbot_plugin_openclaw"

#: What the second half of the lives may gain: KiB of memory, and Python objects.
MEMORY_KIB, OBJECTS = 2048, 200

#: Lives before anything is measured.
WARM_UP = 5

_stopped = threading.Event()


def install_star(data: Path) -> None:
    """What `main.py` takes from AstrBot, besides what the fakes bring."""
    fake_astrbot.install()

    class Star:
        def __init__(self, context: Any) -> None:
            self.context = context

    def keep(*_: Any, **__: Any) -> Any:
        return lambda handler: handler

    event = sys.modules["astrbot.api.event"]
    event.AstrMessageEvent = object
    event.filter = types.SimpleNamespace(
        CustomFilter=object, on_llm_request=keep, on_llm_tool_respond=keep, custom_filter=keep, llm_tool=keep
    )
    star = types.ModuleType("astrbot.api.star")
    star.Context, star.Star = object, Star
    star.StarTools = types.SimpleNamespace(get_data_dir=lambda _name: data)
    sys.modules["astrbot.api.star"] = star


class Event:
    """A private message."""

    unified_msg_origin = "fakeqq:FriendMessage:10001"
    platform_meta = types.SimpleNamespace(support_streaming_message=False)
    message_obj = types.SimpleNamespace(group=None)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_message_str(self) -> str:
        return self._text

    def plain_result(self, text: str) -> str:
        return text

    def is_admin(self) -> bool:
        return False

    async def send(self, _chain: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name == "get_messages":
            return list
        if name in ("stop_event", "should_call_llm", "get_extra"):
            return lambda *_: None
        if name.startswith("get_") and name != "get_group":
            return lambda: {"get_sender_id": "10001", "get_platform_id": "fakeqq"}.get(name, "")
        raise AttributeError(name)


class Manager:
    """AstrBot's chat models, as far as the Star meets them."""

    def __init__(self) -> None:
        self.providers_config = [{"id": "openclaw", "type": "openclaw", "enable": True}]
        self.inst_map: dict[str, Any] = {}

    async def terminate_provider(self, name: str) -> None:
        if (instance := self.inst_map.pop(name, None)) is not None:
            await instance.terminate()

    async def reload(self, config: dict[str, Any]) -> None:
        await self.terminate_provider(config["id"])
        instance = fake_astrbot.provider_cls_map[config["type"]].cls_type(config, {})
        await instance.initialize()
        self.inst_map[config["id"]] = instance


class Lives:
    """Loads and unloads the Star, and counts."""

    def __init__(self, gateway: Any, chance: random.Random) -> None:
        self._gateway, self._chance = gateway, chance
        # As AstrBot's, it outlives the plugin.
        self._context = types.SimpleNamespace(
            provider_manager=Manager(),
            registered_web_apis=[],
            register_web_api=lambda *route: self._context.registered_web_apis.append(route),
            get_llm_tool_manager=lambda: types.SimpleNamespace(func_list=[]),
        )
        self.lives = self.turns = self.cut = 0
        self.wrong: list[str] = []

    async def live(self) -> None:
        """One life, with chat commands, the chat model, and a turn that its end cuts off."""
        module = importlib.import_module(f"{PLUGIN}.main")
        config = {**self._gateway.config, "users": ["*"], "streaming": "off", "tools": False}
        star = module.OpenClawStar(self._context, config)
        await star.initialize()
        if star.engine is None or star.engine.problem is not None:
            raise RuntimeError(f"the Star cannot be used: {module.BROKEN or star.engine.problem}")
        for _ in range(self._chance.randrange(1, 4)):
            await self._expect("hi", self._say(star, "助手 hi"))
        await self._expect("many", self._say(star, "助手 many 50"), "x" * 50)
        model = self._context.provider_manager.inst_map["openclaw"]
        answer = await model.text_chat(prompt="hi", session_id="fakeqq:FriendMessage:10001", contexts=[])
        self.turns += 1
        if answer.completion_text != "hi":
            self.wrong.append(f"the chat model said {answer.completion_text!r}")
        left = None
        if self._chance.random() < 0.5:
            self._gateway.held.clear()
            self._gateway.release.clear()
            left = asyncio.create_task(self._say(star, "助手 hold"))
            await asyncio.to_thread(self._gateway.held.wait, 60)
        await star.terminate()
        if left is not None:
            await self._expect("cut", left, "cancelled")
            self.cut += 1
        for name in [name for name in sys.modules if name.split(".")[0] == PLUGIN]:
            del sys.modules[name]
        self._gateway.requests.clear()
        self.lives += 1

    async def _say(self, star: Any, text: str) -> str:
        answers: AsyncIterator[str] = star.assistant(Event(text))
        return "\n".join([answer async for answer in answers])

    async def _expect(self, what: str, saying: Any, text: str | None = None) -> None:
        self.turns += 1
        answer = await asyncio.wait_for(saying, 60)
        if (text or what) not in answer:
            self.wrong.append(f"{what}: {answer[:200]!r}")


def sample() -> dict[str, float]:
    """What must stay flat."""
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return {
        "memory": next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")),
        "descriptors": len(os.listdir("/proc/self/fd")) - 1,
        "threads": len(os.listdir("/proc/self/task")),
        "tasks": len(asyncio.all_tasks()),
        "modules": len(sys.modules),
        "objects": len(gc.get_objects()),
    }


def gained(samples: list[dict[str, float]], what: str) -> float:
    """What the second half has gained, by the line of least squares."""
    values = [each[what] for each in samples[len(samples) // 2 :]]
    count = len(values)
    if count < 3:
        return 0.0
    middle, mean = (count - 1) / 2, sum(values) / count
    both = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return both / sum((at - middle) ** 2 for at in range(count)) * (count - 1)


def tell(**line: Any) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


async def soak(limit: int, seconds: float, seed: int, data: Path) -> None:
    from gateway import Gateway

    samples: list[dict[str, float]] = []
    started, told = time.monotonic(), 0
    with Gateway() as gateway:
        lives = Lives(gateway, random.Random(seed))
        while not _stopped.is_set():
            elapsed = time.monotonic() - started
            permille = max(lives.lives * 1000 // limit if limit else 0, int(elapsed * 1000 / seconds) if seconds else 0)
            if permille != told:
                told = permille
                tell(permille=min(permille, 1000))
            # However slow the machine is: without a few lives nothing can be said.
            if permille >= 1000 and lives.lives >= 2 * WARM_UP:
                break
            await lives.live()
            if lives.lives >= WARM_UP:
                samples.append(sample())
    rows = [
        _row("loaded and unloaded", lives.lives, "", True),
        _row("turns, each with its answer", f"{lives.turns} {' '.join(lives.wrong[:1])}", "", not lives.wrong),
        _row("turns at a time at the gateway", gateway.most_running, "1", gateway.most_running == 1),
        _row("cut off by an unload", lives.cut, "", True),
    ]
    bounds = {"memory": MEMORY_KIB, "objects": OBJECTS, "descriptors": 2, "threads": 2, "tasks": 0, "modules": 0}
    for what, bound in bounds.items():
        more, last = gained(samples, what), samples[-1][what] if samples else 0
        unit = " KiB" if what == "memory" else ""
        rows.append(_row(what, f"{last:.0f}{unit}, {more:+.1f} in the second half", f"+{bound}{unit}", more <= bound))
    tell(counts={"reloads": lives.lives, "turns": lives.turns, "cancels": lives.cut}, rows=rows)


def _row(what: str, value: object, bound: str, ok: bool) -> dict[str, Any]:
    return {"what": what, "value": str(value).strip(), "bound": bound, "ok": ok}


def main() -> None:
    """See the module's docstring."""
    plugins, limit, seconds, seed = sys.argv[1:]
    sys.path.insert(0, plugins)
    logging.disable(logging.CRITICAL)

    def until_the_end() -> None:
        sys.stdin.read()
        _stopped.set()

    threading.Thread(target=until_the_end, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="soak-") as data:
        install_star(Path(data))
        asyncio.run(soak(int(limit), float(seconds), int(seed), Path(data)))


if __name__ == "__main__":
    main()
