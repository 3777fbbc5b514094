"""AstrBot's commands as tools: which are offered, under which names, and who may run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import fake_commands
import pytest
from command_rig import CONFIG, CONTEXT, Image, command, run, settings, weather
from fake_commands import Event, Handler, PermissionTypeFilter
from openclaw import command_tools, reentry
from openclaw.command_run import CommandError

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    CONFIG.clear()
    fake_commands.registry.handlers.clear()
    fake_commands.SessionPluginManager.disabled = ()
    command_tools._told.clear()


async def test_each_allowed_command_is_a_tool_with_its_help_and_one_parameter() -> None:
    command("天气", weather, alias=("weather",), desc="查天气").required = ["city"]
    command("secret", weather)
    (tool,) = command_tools.of_turn(CONTEXT, Event(), settings("/天气"))
    assert "/天气" in tool.description and "查天气" in tool.description and "city(str)" in tool.description
    assert list(tool.parameters["properties"]) == ["arguments"]
    assert tool.parameters["properties"]["arguments"]["type"] == "string"
    assert (tool.level, tool.timeout) == ("L2", 60)
    assert await tool.run(arguments="上海") == "晴：天气 上海"
    assert command_tools.of_turn(CONTEXT, Event(), settings()) == []
    sent_by_a_command = Event()
    reentry.mark(sent_by_a_command)
    assert command_tools.of_turn(CONTEXT, sent_by_a_command, settings("天气")) == []


async def test_levels_and_time_limits_are_set_as_for_other_tools() -> None:
    command("天气", weather)
    command("weather", weather)
    name = command_tools.tool_name("天气")
    read = settings("天气", "weather", tool_levels={"L1": ["/天气"], "L3": ["weather"]}, tool_timeout_seconds=5)
    # A bare name means a tool of AstrBot, which may be called like a command.
    assert [(t.level, t.timeout) for t in command_tools.of_turn(CONTEXT, Event(), read)] == [("L1", 5), ("L2", 5)]
    read = settings("天气", tool_levels={"L1": ["/天气"], "L4": [name]})
    assert command_tools.of_turn(CONTEXT, Event(), read)[0].level == "L4"


async def test_approvals_are_set_by_level_and_by_name() -> None:
    command("天气", weather)
    command("weather", weather)
    read = settings("天气", "weather", tool_levels={"L3": ["/weather"]}, tool_approvals={"asker": ["/天气"]})
    assert [tool.approval for tool in command_tools.of_turn(CONTEXT, Event(), read)] == ["asker", "admin"]
    read = settings("天气", level_approvals={"L2": "admin"})
    assert [tool.approval for tool in command_tools.of_turn(CONTEXT, Event(), read)] == ["admin"]


async def test_tool_names_are_valid_stable_and_different() -> None:
    words = [
        "weather",
        "group sub",
        "group_sub",
        "Weather",
        "天气",
        "天 气",
        "天氣",
        "a" * 200,
        "a" * 201,
        "sub é",
        "é",
    ]
    words += ["_", "weather_0a1b2c3d", "x" * 52, "x" * 53]
    names = [command_tools.tool_name(each) for each in words]
    assert all(re.fullmatch(r"astrbot_cmd_[A-Za-z0-9_-]{1,52}", name) for name in names), names
    assert len({name.lower() for name in names}) == len(words)
    assert names[0] == "astrbot_cmd_weather" and names[4] == "astrbot_cmd_4d947325" != names[0], names
    # Not even with what another's name becomes.
    for each in ("group sub", "天气"):
        taken = command_tools.tool_name(each)
        assert command_tools.tool_name(taken.removeprefix("astrbot_cmd_")) != taken


async def test_people_are_shown_the_command_too() -> None:
    read = settings("/天气", "weather")
    assert command_tools.shown_name(command_tools.tool_name("天气"), read).endswith(" (/天气)")
    assert command_tools.shown_name("astrbot_status", read) == "astrbot_status"


async def test_what_is_no_command_is_reported_once_and_not_offered(caplog: pytest.LogCaptureFixture) -> None:
    command("math add", weather)
    command("add", weather, parents=("calc",))
    fake_commands.registry.handlers.append(Handler(weather, [fake_commands.CommandGroupFilter("calc")]))
    command("own", weather, handler_module_path="data.plugins.astrbot_plugin_openclaw.main")
    command("助手", weather)
    read = settings("gone", "/calc", "助手", "助手 诊断", "own", "calc add", " ")
    for _ in range(3):
        assert [t.name for t in command_tools.of_turn(CONTEXT, Event(), read)] == [command_tools.tool_name("calc add")]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 5 and told == [
        f"[astrbot_plugin_openclaw] {each}" for each in command_tools.problems(CONTEXT, read)
    ]
    assert "/gone" in told[0] and "没有可用的命令" in told[0]
    assert "指令组" in told[1] and "calc add" in told[1]
    assert "前缀" in told[2] and "前缀" in told[3] and "没有可用的命令" in told[4]


async def test_the_original_event_is_untouched() -> None:
    async def meddling(event: Event) -> Any:
        event.message_obj.message.append(At())
        event.session.session_id = "other"
        event.set_extra("kept", 2)
        event.message_str = "changed"
        yield event.plain_result("done")
        event.stop_event()

    At = fake_commands.At
    command("天气", meddling)
    picture = Image()
    event = Event(parts=(picture,))
    before = (event.message_str, list(event.get_messages()), event.session.session_id, dict(event.get_extra()))
    assert await run(event=event) == "done"
    assert before == (event.message_str, event.get_messages(), event.session.session_id, event.get_extra())
    assert event.get_result() is None and not event.is_stopped() and not event._has_send_oper
    assert event.role == "member" and not event.is_at_or_wake_command


async def test_the_command_sees_what_a_user_would_have_written() -> None:
    seen: list[Any] = []

    async def look(event: Event) -> None:
        first, *rest = event.get_messages()
        seen.append((event.message_str, event.message_obj.message_str, first.text, rest, event.is_at_or_wake_command))
        seen.append(event.get_extra("activated_handlers"))

    picture = Image()
    command("天气", look)
    await run(arguments="上海\n明天", event=Event(parts=(picture, fake_commands.At())))
    assert seen == [("天气 上海\n明天", "/天气 上海\n明天", "/天气 上海\n明天", [picture], True), None]


async def test_an_admins_command_is_for_admins() -> None:
    command("天气", weather, PermissionTypeFilter())
    with pytest.raises(CommandError, match="不允许"):
        await run()
    assert await run(event=Event(admin=True)) == "晴：天气"
    # Who is an admin on another platform does not count.
    with pytest.raises(CommandError, match="不允许"):
        await run(event=Event(admin=True), admin_platforms=["telegram"])
    assert Event(admin=True).is_admin()


async def test_a_permission_of_the_group_holds_for_its_commands() -> None:
    group = Handler(weather, [fake_commands.CommandGroupFilter("calc"), PermissionTypeFilter()])
    fake_commands.registry.handlers.append(group)
    command("add", weather, parents=("calc",))
    with pytest.raises(CommandError, match="不允许"):
        await run("calc add")
    assert "calc add 1" in await run("calc add", "1", Event(admin=True))


async def test_a_silent_permission_skips_one_handler_only() -> None:
    async def other(event: Event) -> Any:
        yield event.plain_result("other")

    command("天气", weather, PermissionTypeFilter(raise_error=False))
    with pytest.raises(CommandError, match="不允许"):
        await run()
    command("天气", other)
    assert await run() == "other"
    assert await run(event=Event(admin=True)) == "晴：天气\nother"


async def test_astrbots_other_switches_hold() -> None:
    rule = command("天气", weather)
    fake_commands.SessionPluginManager.disabled = ("weather",)
    with pytest.raises(CommandError, match="停用"):
        await run()
    fake_commands.SessionPluginManager.disabled = ()
    event = Event()
    event.plugins_name = ["other"]
    with pytest.raises(CommandError, match="不允许"):
        await run(event=event)
    assert command_tools.of_turn(CONTEXT, event, settings("天气")) == []
    rule.required = ["city"]
    with pytest.raises(CommandError, match="必要参数缺失"):
        await run()
    assert fake_commands.registry.handlers.pop()
    command("天气", weather, fake_commands.OtherFilter(False))
    with pytest.raises(CommandError, match="不允许"):
        await run()
    fake_commands.registry.handlers.clear()
    command("help", weather, handler_module_path="astrbot.builtin_stars.builtin_commands.main")
    assert await run("help") == "晴：help"
    CONFIG["disable_builtin_commands"] = True
    with pytest.raises(CommandError, match="不允许"):
        await run("help")


async def test_arguments_cannot_name_another_command() -> None:
    ran: list[str] = []

    async def plain(event: Event) -> None:
        ran.append("plain")

    async def admins(event: Event) -> None:
        ran.append("admins")

    command("天气", plain)
    command("天气 删除", admins)
    assert "没有返回文字" in await run(arguments="删除") and ran == ["plain"]
    # What AstrBot would refuse, is refused.
    fake_commands.registry.handlers[1].event_filters.append(PermissionTypeFilter())
    with pytest.raises(CommandError, match="不允许"):
        await run(arguments="删除")
    (tool,) = command_tools.of_turn(CONTEXT, Event(), settings("天气"))
    for wrong in (5, ["x"], None, "x" * 8001):
        with pytest.raises(CommandError, match="参数"):
            await tool.run(arguments=wrong)
