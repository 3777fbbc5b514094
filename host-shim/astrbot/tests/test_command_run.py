"""What becomes of a command's output and failures, and of one that never ends or asks the assistant again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import fake_commands
import pytest
from command_rig import TOKEN, Image, command, run, weather
from fake_commands import Event, MessageChain, Plain
from openclaw import reentry
from openclaw.command_run import CommandError

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    fake_commands.registry.handlers.clear()


async def test_text_goes_to_the_model_and_pictures_to_the_chat() -> None:
    async def several(event: Event) -> Any:
        result = event.plain_result("一")
        result.chain += [fake_commands.At(), Image()]
        yield result
        event.set_result(event.plain_result("二"))
        yield
        yield  # Nothing new.

    command("天气", several)
    event = Event()
    assert await run(event=event) == "一\n（命令的 Image 已发送到聊天）\n二"
    assert event.chat == ["<Image>"]


async def test_a_streamed_result_is_text_too() -> None:
    async def pieces() -> Any:
        for text in ("流", "式"):
            yield MessageChain([Plain(text)])

    async def streaming(event: Event) -> Any:
        result = fake_commands.MessageEventResult()
        result.async_stream = pieces()
        return result

    command("天气", streaming)
    event = Event()
    assert await run(event=event) == "流\n式" and event.chat == []


async def test_what_the_command_sends_itself_goes_to_the_chat_and_the_model_knows() -> None:
    async def pieces() -> Any:
        yield MessageChain([Plain("再见")])

    async def sending(event: Event) -> None:
        await event.send(MessageChain([Plain("你好")]))
        await event.send_streaming(pieces(), True)

    command("天气", sending)
    event = Event()
    text = await run(event=event)
    assert event.chat == ["你好", "再见"] and text.count("自行发送") == 2 and "你好" in text and "再见" in text


async def test_a_stopped_event_ends_the_command_not_the_turn() -> None:
    async def stops(event: Event) -> Any:
        yield event.plain_result("先")
        event.stop_event()
        yield event.plain_result("后")
        raise AssertionError("AstrBot does not go on either")

    command("天气", stops)
    command("天气", weather)
    event = Event()
    assert await run(event=event) == "先\n后" and not event.is_stopped()


async def test_a_command_cannot_change_who_asked_or_where() -> None:
    async def posing(event: Event) -> Any:
        event.message_obj.sender.user_id = "9"
        event.message_obj.group.group_id = "556"
        yield event.plain_result(f"{event.get_sender_id()} in {event.get_group_id()}")

    command("天气", posing)
    event = Event()
    event.message_obj.group = fake_commands.Group("555")
    assert await run(event=event) == "9 in 556"
    assert (event.get_sender_id(), event.get_group_id()) == ("10001", "555")


async def test_a_command_that_asks_astrbots_model_is_told_so() -> None:
    async def asks(event: Event) -> Any:
        yield fake_commands.ProviderRequest()

    command("天气", asks)
    assert "不支持" in await run()


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, asyncio.CancelledError, RecursionError])
async def test_an_exception_goes_to_the_model_masked_and_not_to_the_chat(error: type[BaseException]) -> None:
    async def raises(event: Event) -> None:
        raise error(f"token {TOKEN} api_key=Sup3rS3cr3tValue12")

    command("天气", raises)
    event = Event()
    with pytest.raises(CommandError) as caught:
        await run(event=event)
    text = str(caught.value)
    assert error.__name__ in text and TOKEN not in text and "Sup3rS3cr3tValue12" not in text and event.chat == []


async def test_an_exception_that_cannot_be_shown_is_named() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    async def raises(event: Event) -> None:
        raise Odd

    command("天气", raises)
    with pytest.raises(CommandError, match="Odd"):
        await run()


@pytest.mark.parametrize("how", ["waits", "ignores its cancellation", "yields without end"])
async def test_a_command_that_never_ends_is_left(how: str) -> None:
    started, let_go = asyncio.Event(), asyncio.Event()
    late: list[BaseException] = []

    async def endless(event: Event) -> Any:
        started.set()
        while how == "yields without end":
            yield event.plain_result("x" * 1000)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if how == "waits":
                raise
        await let_go.wait()
        try:
            await event.send(MessageChain([Plain("late")]))
        except CommandError as error:
            late.append(error)

    command("天气", endless)
    event = Event()
    task = asyncio.create_task(run(event=event))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    let_go.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert event.chat == [] and len(late) == (how == "ignores its cancellation")


async def test_output_is_bounded() -> None:
    async def flood(event: Event) -> Any:
        for _ in range(100):
            result = event.plain_result("x" * 1000)
            result.chain.append(Image())
            yield result

    command("天气", flood)
    event = Event()
    text = await run(event=event)
    assert len(text) < 40_000 and "略去" in text and "只发出了前 10 条" in text and len(event.chat) == 10


async def test_a_command_cannot_run_another_turn() -> None:
    async def again(event: Event) -> Any:
        assert reentry.inside_command() and reentry.is_marked(event)
        yield event.plain_result(await run("天气"))

    over = asyncio.Event()
    left: list[asyncio.Task[bool]] = []

    async def leaves_a_task(event: Event) -> None:
        async def after() -> bool:
            await over.wait()
            return reentry.inside_command()

        left.append(asyncio.create_task(after()))

    command("天气", again)
    command("任务", leaves_a_task)
    with pytest.raises(CommandError, match="不能从中再次"):
        await run()
    # What a command leaves behind, such as a reminder, may ask later.
    await run("任务")
    over.set()
    assert await left[0] is False and not reentry.inside_command() and not reentry.is_marked(Event())


async def test_two_calls_of_one_command_do_not_meet() -> None:
    async def slow(event: Event) -> Any:
        await asyncio.sleep(0)
        yield event.plain_result(event.message_str)

    command("天气", slow)
    event = Event()
    texts = await asyncio.gather(*(run(arguments=str(n), event=event) for n in range(5)))
    assert texts == [f"天气 {n}" for n in range(5)]
