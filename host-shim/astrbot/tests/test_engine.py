"""The one plugin instance behind both doors: what goes wrong is kept, what the guards know too."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from astr_openclaw import Fault, Plugin, Status
from gateway import Gateway
from openclaw.engine import Engine
from openclaw.guard_state import GuardState
from openclaw.settings import Settings

WRONG = "wrong-token-zzzz"


async def started(star: Path, gateway: Gateway, **changes: object) -> Engine:
    engine = Engine(Settings.read({**gateway.config, **changes}), star, star.parent / "data")
    await engine.start()
    return engine


async def code(engine: Engine, text: str = "hi") -> str | None:
    try:
        await engine.ask(text, session="s", level="L0").reply()
    except Fault as fault:
        await engine.turn_ended(fault)
        return fault.code
    return None


def test_an_open_breaker_and_the_last_faults_go_on_in_the_next_life(star: Path, gateway: Gateway) -> None:
    async def body() -> None:
        first = await started(star, gateway, gateway_bearer_token=WRONG)
        assert [await code(first) for _ in range(3)] == ["auth_failed", "auth_failed", "circuit_open"]
        faults = list(first.last_faults)
        await first.stop()
        assert WRONG not in (star.parent / "data" / "guards.json").read_text("utf-8")
        # Also over a life that cannot load anything.
        await (await started(star, gateway, user_level="L9")).stop()
        second = await started(star, gateway)
        status = await second.status_now()
        assert (status.breakers["primary"].state, status.counters.failed) == ("open", 2)
        assert list(second.last_faults) == faults and len(faults) == 3
        assert await code(second) == "circuit_open"
        await second.reset()
        assert await code(second) is None
        await second.stop()
        third = await started(star, gateway)
        status = await third.status_now()
        assert (status.breakers["primary"].state, status.counters.completed) == ("closed", 1)
        await third.stop()

    asyncio.run(body())


@pytest.mark.parametrize("kept", [b"no snapshot at all", b"astr-openclaw-guards 1 0 0\nof another component"])
def test_a_state_that_cannot_be_taken_over_costs_the_state_and_nothing_else(
    star: Path, gateway: Gateway, kept: bytes
) -> None:
    async def body() -> None:
        GuardState(star.parent / "data" / "guards.json").keep(kept, [], [])
        engine = await started(star, gateway)
        assert await code(engine) is None and (await engine.status_now()).counters.turns == 1
        await engine.stop()

    asyncio.run(body())


def test_a_component_that_crashes_at_its_config_is_not_used_and_the_shipped_one_goes_on(
    star: Path, gateway: Gateway, monkeypatch
) -> None:
    load = Plugin.load

    async def crashing(config: object, *, component: Path, **more: object) -> Plugin:
        if component == star / "openclaw_plugin.wasm":
            raise Fault("plugin_trapped", "unreachable\nwas reached")
        return await load(config, component=component, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Plugin, "load", crashing)

    async def body() -> None:
        engine = await started(star, gateway)
        assert engine.problem is None and engine.component_problem == "plugin_trapped: unreachable was reached"
        assert await code(engine) is None
        await engine.stop()

    asyncio.run(body())


@pytest.mark.parametrize(
    ("locale", "content", "words"),
    [
        ("zh", b"no component", "它不是 WebAssembly 组件"),
        ("zh", b"\0asm\x0d\0\x01\0", "请把同一版本的 host-shim 放入 AstrBot 的 PATH"),
        ("en", b"\0asm\x0d\0\x01\0", "host-shim is not on the PATH"),
        ("en", b"no component", "is not a WebAssembly component"),
        ("zh", None, "文件无法读取"),
    ],
)
def test_why_a_component_is_not_used_is_told_in_the_locale(
    star: Path, gateway: Gateway, monkeypatch, locale: str, content: bytes | None, words: str
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    wasm = star / "openclaw_plugin.wasm"
    wasm.unlink()
    if content is not None:
        wasm.write_bytes(content)

    async def body() -> None:
        engine = await started(star, gateway, locale=locale)
        assert engine.problem is None and words in (engine.component_problem or ""), engine.component_problem
        assert await code(engine) is None
        await engine.stop()

    asyncio.run(body())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gateway_primary_url": ""}, ("gateway_primary_url（网关地址）：",)),
        ({"gateway_bearer_token": "zz secret with spaces"}, ("gateway_bearer_token（网关令牌）：",)),
        ({"limits": {"breaker_open_seconds": 1}}, ("breaker_open_seconds（熔断时长（秒））：",)),
        ({"max_level": "L9"}, ("max_level（级别上限）：", "L9")),
        ({"user_level": "L9", "users": 5}, ("user_level：不支持 'L9'", "；", "users：不支持 5")),
        ({"locale": "en", "gateway_primary_url": "x"}, ("gateway_primary_url: `x` has no scheme",)),
    ],
)
def test_a_wrong_config_is_told_by_every_call_and_none_shows_a_token(
    star: Path, gateway: Gateway, changes: dict, words: tuple[str, ...]
) -> None:
    async def body() -> None:
        engine = await started(star, gateway, **changes)
        for call in (lambda: engine.ask("x", session="s", level="L0"), engine.status):
            with pytest.raises(Fault) as caught:
                call()
            assert caught.value.code == "config_invalid" and caught.value.remedy
            assert all(word in caught.value.message for word in words), caught.value.message
            assert "secret with" not in str(caught.value)
        for waits in (engine.diagnose, engine.reset):
            with pytest.raises(Fault, match="config_invalid"):
                await waits()
        await engine.stop()
        with pytest.raises(Fault, match=r"cancelled|config_invalid"):
            engine.status()

    asyncio.run(body())


# Report P14 (attack).
def test_what_a_killed_compiler_left_is_removed(star: Path, gateway: Gateway) -> None:
    async def body() -> None:
        cache = star.parent / "data" / "components"
        cache.mkdir(parents=True)
        for name in (".tmpAbC123", "kept.cwasm"):
            (cache / name).touch()
        engine = await started(star, gateway)
        assert [path.name for path in cache.iterdir()] == ["kept.cwasm"]
        await engine.stop()

    asyncio.run(body())


def test_a_breaker_is_kept_even_while_its_status_is_old(
    star: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        first = await started(star, gateway, gateway_bearer_token=WRONG)
        old = await first.status_now()

        async def never_fresh() -> Status:
            return replace(old, fresh=False)

        monkeypatch.setattr(first, "status_now", never_fresh)
        assert [await code(first) for _ in range(2)] == ["auth_failed"] * 2
        # As if the first one had been killed here.
        second = await started(star, gateway)
        assert (await second.status_now()).breakers["primary"].state == "open"
        await second.stop()
        await first.stop()

    asyncio.run(body())
