"""A turn: its events, its reply, its faults, its end."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle

import pytest
from astr_openclaw import Attachment, Delta, Fault, Notice, Plugin
from conftest import status_of
from gateway import TOKEN, Gateway

#: What `hold` says; chunks that arrive together are one delta.
AB = (Delta("a"), Delta("ab"))


async def joined(turn) -> str:
    return "".join([event.text async for event in turn if isinstance(event, Delta)])


async def wait_until(condition, seconds: float = 5.0) -> None:
    """For what happens elsewhere and cannot be awaited."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def test_deltas_come_in_order_and_the_reply_is_the_whole(plugin: Plugin) -> None:
    turn = plugin.ask("Grüße, 世界 🌏")
    assert await joined(turn) == "Grüße, 世界 🌏"
    reply = await turn.reply()
    assert (reply.text, reply.level, reply.gateway) == ("Grüße, 世界 🌏", "L0", "primary")
    assert reply.usage is not None and reply.usage.output_tokens == 2


async def test_reply_alone_drops_the_events(plugin: Plugin) -> None:
    assert (await plugin.ask("many 2000").reply()).text == "x" * 2000


async def test_a_thousand_deltas_keep_their_order_and_number(plugin: Plugin) -> None:
    assert await joined(plugin.ask("many 5000")) == "x" * 5000


async def test_a_wrong_token_is_a_fault_with_cause_and_remedy_and_without_the_token(gateway: Gateway) -> None:
    config = {**gateway.config, "gateway_bearer_token": "wrong-token-zzzz", "locale": "zh"}
    async with await Plugin.load(config) as plugin:
        with pytest.raises(Fault) as caught:
            async for _ in plugin.ask("x"):
                pass
    fault = caught.value
    assert fault.code == "auth_failed" and fault.http_status == 401
    assert "令牌" in fault.cause and "gateway_bearer_token" in fault.remedy
    assert "wrong-token-zzzz" not in repr(fault) + str(fault.__dict__)
    assert pickle.loads(pickle.dumps(fault)).__dict__ == fault.__dict__


async def test_a_broken_answer_keeps_what_had_arrived(plugin: Plugin) -> None:
    turn = plugin.ask("drop")
    with pytest.raises(Fault) as caught:
        await turn.reply()
    assert (caught.value.code, caught.value.partial_text) == ("stream_interrupted", "half")
    # asyncio logs the repr of an exception that nobody has seen.
    assert "half" not in repr(caught.value)
    with pytest.raises(Fault):
        await turn.reply()


async def test_cancelling_the_task_closes_the_connection_and_the_next_turn_works(
    plugin: Plugin, gateway: Gateway
) -> None:
    task = asyncio.create_task(joined(plugin.ask("hold")))
    await wait_until(gateway.held.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(gateway.left.is_set)
    assert (await plugin.ask("next").reply()).text == "next"


async def test_a_task_that_is_cancelled_elsewhere_takes_its_turn_with_it(plugin: Plugin, gateway: Gateway) -> None:
    kept = []

    async def ask_and_do_something_else() -> None:
        kept.append(plugin.ask("hold"))
        await asyncio.sleep(60)

    task = asyncio.create_task(ask_and_do_something_else())
    await wait_until(gateway.held.is_set)
    task.cancel()
    await wait_until(gateway.left.is_set)


async def test_wait_for_ends_the_turn(plugin: Plugin, gateway: Gateway) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(plugin.ask("hold").reply(), 0.3)
    await wait_until(gateway.left.is_set)


async def test_aclose_and_async_with_end_the_turn(plugin: Plugin, gateway: Gateway) -> None:
    async with plugin.ask("hold") as turn:
        async for event in turn:
            assert event in AB
            break
    assert turn.ended and gateway.left.wait(5)
    with pytest.raises(Fault, match="cancelled"):
        await turn.reply()


async def test_a_turn_that_nobody_holds_is_cancelled(plugin: Plugin, gateway: Gateway) -> None:
    turn = plugin.ask("hold")
    await turn.__anext__()
    del turn
    gc.collect()
    await wait_until(gateway.left.is_set)


async def test_a_task_that_asks_again_and_again_gathers_nothing(plugin: Plugin) -> None:
    task = asyncio.current_task()
    before = len(task._callbacks or ())  # type: ignore[union-attr]
    for _ in range(5):
        await plugin.ask("x").reply()
    gc.collect()
    assert len(task._callbacks or ()) == before  # type: ignore[union-attr]


async def test_one_turn_at_a_time_in_order_and_status_answers_meanwhile(plugin: Plugin, gateway: Gateway) -> None:
    first = asyncio.create_task(plugin.ask("hold").reply())
    await wait_until(gateway.held.is_set)
    second = plugin.ask("second")
    assert isinstance(await second.__anext__(), Notice)
    third = asyncio.create_task(plugin.ask("third").reply())
    await wait_until(lambda: plugin.status().queued == 2)
    status = status_of(plugin)
    assert status.in_flight == 1
    assert status.breakers["primary"].state == "closed" and status.memory.available_mib
    gateway.release.set()
    assert [(await first).text, (await second.reply()).text, (await third).text] == ["ab", "second", "third"]
    assert gateway.texts() == ["hold", "second", "third"] and gateway.most_running == 1


async def test_the_breaker_opens_after_two_failures_and_reset_closes_it(gateway: Gateway) -> None:
    async with await Plugin.load({**gateway.config, "gateway_bearer_token": "wrong-token-zzzz"}) as plugin:
        codes = []
        for _ in range(3):
            with pytest.raises(Fault) as caught:
                await plugin.ask("x").reply()
            codes.append(caught.value.code)
        assert codes == ["auth_failed", "auth_failed", "circuit_open"]
        assert caught.value.retry_after_seconds is not None and 0 < caught.value.retry_after_seconds <= 60
        await wait_until(lambda: plugin.status().breakers["primary"].state == "open")
        plugin.reset()
        await wait_until(lambda: plugin.status().breakers["primary"].state == "closed")


async def test_a_plugin_goes_on_where_another_one_stopped(gateway: Gateway) -> None:
    wrong = {**gateway.config, "gateway_bearer_token": "wrong-token-zzzz"}
    async with await Plugin.load(wrong) as plugin:
        for _ in range(2):
            with pytest.raises(Fault, match="auth_failed"):
                await plugin.ask("x").reply()
        kept = await plugin.snapshot()
    assert isinstance(kept, bytes) and b"wrong-token" not in kept
    async with await Plugin.load(gateway.config, snapshot=kept) as plugin:
        status = status_of(plugin)
        breaker = status.breakers["primary"]
        assert (breaker.state, breaker.failures, status.counters.failed) == ("open", 2, 2)
        assert 0 < breaker.retry_after_seconds <= 60
        with pytest.raises(Fault, match="circuit_open"):
            await plugin.ask("x").reply()
    with pytest.raises(ValueError, match="not a guard snapshot"):
        await Plugin.load(gateway.config, snapshot=b"something else")
    with pytest.raises(Fault, match="cancelled"):
        await plugin.snapshot()


async def test_a_snapshot_of_another_component_is_ignored(gateway: Gateway) -> None:
    other = b"astr-openclaw-guards 1 0 0\nwhat another component wrote"
    async with await Plugin.load(gateway.config, snapshot=other) as plugin:
        assert (await plugin.ask("hi").reply()).text == "hi"


async def test_configure_takes_a_good_config_and_refuses_a_bad_one(plugin: Plugin, gateway: Gateway) -> None:
    from astr_openclaw import ConfigError

    with pytest.raises(ConfigError) as caught:
        await plugin.configure({**gateway.config, "gateway_primary_url": "http://127.0.0.1/path"})
    assert caught.value.key == "gateway_primary_url"
    assert (await plugin.ask("still").reply()).text == "still"
    await plugin.configure({**gateway.config, "locale": "zh"})


async def test_diagnose_finds_all_well_and_names_a_wrong_token(plugin: Plugin, gateway: Gateway) -> None:
    diagnosis = await plugin.diagnose()
    assert diagnosis.ok and "token-primary" in [check.name for check in diagnosis.checks]
    await plugin.configure({**gateway.config, "gateway_bearer_token": "wrong-token-zzzz"})
    wrong = [check for check in (await plugin.diagnose("zh")).checks if not check.ok]
    assert [check.code for check in wrong] == ["auth_failed"] and "令牌" in wrong[0].cause
    assert gateway.requests == []


async def test_an_image_is_refused_when_memory_is_below_the_floor(gateway: Gateway) -> None:
    png = Attachment(b"\x89PNG\r\n\x1a\n" + b"0" * 32, "image/png")
    async with await Plugin.load({**gateway.config, "heavy_floor_mib": 1 << 24, "locale": "zh"}) as plugin:
        with pytest.raises(Fault) as caught:
            await plugin.ask("look", attachments=[png]).reply()
    assert caught.value.code == "heavy_task_refused" and "内存" in caught.value.cause
    assert gateway.requests == []


async def test_files_are_attached_from_their_paths(plugin: Plugin, gateway: Gateway, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("remember")
    await plugin.ask("read", attachments=[tmp_path / "notes.txt"]).reply()
    parts = gateway.requests[0]["input"][-1]["content"]
    assert [part["type"] for part in parts if part["type"] != "input_text"] == ["input_file"]
    with pytest.raises(ValueError, match="cannot be read"):
        plugin.ask("read", attachments=[tmp_path / "none.txt"])
    with pytest.raises(ValueError, match="not a regular file"):
        plugin.ask("read", attachments=[tmp_path])


# Report A7 (attack): files that do not end, that block their opener, or that together are too much.
async def test_files_without_an_end_are_refused(plugin: Plugin, gateway: Gateway, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", "/dev/zero"):
        with pytest.raises(ValueError, match="not a regular file"):
            plugin.ask("read", attachments=[path])
    with pytest.raises(ValueError, match="at least"):
        plugin.ask("read", attachments=["/proc/self/pagemap"])
    (tmp_path / "half.txt").write_bytes(b"x" * (11 << 20))
    with pytest.raises(ValueError, match="at least"):
        plugin.ask("read", attachments=[tmp_path / "half.txt"] * 2)
    assert gateway.requests == []


# Report F1: half of an emoji in what a user says (serde-rs/json#827: JSON of such a text is refused
# as a whole).
async def test_half_of_a_character_is_replaced(plugin: Plugin, gateway: Gateway) -> None:
    await plugin.ask("hi \ud83d", session="\ude00").reply()
    assert gateway.requests[0]["input"][-1]["content"][0]["text"] == "hi \ufffd"


async def test_close_ends_turns_and_later_calls(gateway: Gateway) -> None:
    plugin = await Plugin.load(gateway.config)
    turn = asyncio.create_task(plugin.ask("hold").reply())
    await wait_until(gateway.held.is_set)
    await plugin.close()
    await plugin.close()
    with pytest.raises(Fault, match="cancelled"):
        await turn
    assert gateway.left.wait(5)
    for call in (lambda: plugin.ask("x").reply(), plugin.diagnose):
        with pytest.raises(Fault, match="cancelled"):
            await call()
    with pytest.raises(Fault, match="cancelled"):
        plugin.status()


@pytest.mark.parametrize(("locale", "chinese"), [("zh", True), ("en", False), (None, False)])
async def test_a_config_error_is_in_the_configs_language(gateway: Gateway, locale: str | None, chinese: bool) -> None:
    from astr_openclaw import ConfigError

    config = {**gateway.config, **({"locale": locale} if locale else {})}
    with pytest.raises(ConfigError) as caught:
        await Plugin.load({**config, "max_level": "L9"})
    assert caught.value.key == "max_level" and any("\u4e00" <= c <= "\u9fff" for c in caught.value.message) == chinese
    async with await Plugin.load(config) as plugin:
        with pytest.raises(ConfigError) as caught:
            await plugin.configure({**config, "gateway_primary_url": "x"})
        assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.message) == chinese


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"gateway_primary_url": ""}, "gateway_primary_url"),
        ({"gateway_primary_url": "127.0.0.1:1"}, "gateway_primary_url"),
        ({"gateway_bearer_token": "secret with spaces"}, "gateway_bearer_token"),
        ({"gateway_bearer_token": "__OPENCLAW_REDACTED__"}, "gateway_bearer_token"),
        ({"max_level": "L9"}, "max_level"),
        ({"heavy_floor_mib": 1}, "heavy_floor_mib"),
        ({"gateway_tokn": "x"}, "gateway_tokn"),
    ],
)
async def test_a_bad_config_names_its_key_and_shows_no_token(gateway: Gateway, change, key) -> None:
    from astr_openclaw import ConfigError

    with pytest.raises(ConfigError) as caught:
        await Plugin.load({**gateway.config, **change})
    assert caught.value.key == key
    assert TOKEN not in str(caught.value) and "secret with" not in str(caught.value)


async def test_an_unknown_level_is_a_value_error(plugin: Plugin) -> None:
    with pytest.raises(ValueError, match="L0, L1, L2, L3, L4"):
        plugin.ask("x", level="L7")


# Report P13 (attack): users do await a client's objects in another loop, and hang
# (temporalio/sdk-python#147).
@pytest.mark.parametrize("call", ["reply", "__anext__", "aclose"])
async def test_a_turn_is_awaited_in_the_loop_that_asked(plugin: Plugin, gateway: Gateway, call: str) -> None:
    turn = plugin.ask("hold")
    assert await turn.__anext__() in AB

    async def elsewhere() -> None:
        with pytest.raises(RuntimeError, match="another event loop"):
            while True:
                await getattr(turn, call)()

    await asyncio.to_thread(asyncio.run, elsewhere())
    # From there it can be ended, and here it goes on being read.
    await asyncio.to_thread(turn.cancel)
    with pytest.raises(Fault, match="cancelled"):
        await turn.reply()
    assert gateway.left.wait(5)


# Report P12 (attack): a reader that is slow or gone must not hold the queue for everyone.
async def test_a_turn_that_nobody_reads_ends_and_loses_no_text(plugin: Plugin) -> None:
    unread = plugin.ask("many 5000")
    assert (await asyncio.wait_for(plugin.ask("next").reply(), 20)).text == "next"
    assert await joined(unread) == "x" * 5000
    assert (await unread.reply()).text == "x" * 5000


# Report A7 (attack).
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
async def test_a_pipe_or_an_endless_file_is_not_attached(plugin: Plugin, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", "/dev/zero", "/proc/self/pagemap"):
        if os.path.exists(path):
            with pytest.raises(ValueError):
                await asyncio.wait_for(asyncio.to_thread(Attachment.from_path, path), 20)


# Report F1.
async def test_the_path_of_an_attachment_may_be_any_text(plugin: Plugin) -> None:
    for path in ("no\ud83d", "no\0"):
        with pytest.raises(ValueError):
            Attachment.from_path(path)


# Report P14 (attack).
@pytest.mark.parametrize(
    "config",
    [
        5,
        1.5,
        True,
        ["a"],
        {"gateway_primary_url"},
        object(),
        b"\xff\0",
        "no\0file",
        "no\ud83dfile",
        "",
        {1: "x"},
        {"gateway_primary_url": object()},
        {("a",): 1},
        {"gateway_bearer_token": b"secret-bytes"},
        {"heavy_floor_mib": float("nan")},
        {"heavy_words": {"a", "b"}},
    ],
)
async def test_a_config_of_a_wrong_type_is_a_config_error(config: object) -> None:
    from astr_openclaw import ConfigError

    with pytest.raises(ConfigError) as caught:
        await Plugin.load(config)  # type: ignore[arg-type]
    assert "secret-bytes" not in str(caught.value)


# Report P14 (attack).
async def test_a_config_that_is_nested_without_end_is_a_config_error(plugin: Plugin) -> None:
    from astr_openclaw import ConfigError

    deep: dict[str, object] = {}
    for _ in range(200_000):
        deep = {"a": deep}
    for config in (deep, None, 5, "text"):
        with pytest.raises(ConfigError):
            await plugin.configure(config)  # type: ignore[arg-type]
    assert (await plugin.ask("still").reply()).text == "still"
    while deep:  # Freed step by step: some versions of Python overflow otherwise.
        deep = deep.pop("a")  # type: ignore[assignment]


async def test_a_snapshot_of_a_wrong_type_is_a_value_error(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="snapshot"):
        await Plugin.load(gateway.config, snapshot="text")  # type: ignore[arg-type]
