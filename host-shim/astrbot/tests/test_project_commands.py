"""Projects and conversation mode by chat command, to the gateway's sessions."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator
from datetime import timezone
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from chat_rig import Event, opened, say
from fake_astrbot import Image
from gateway import Gateway
from openclaw.commands import Commands

pytestmark = pytest.mark.asyncio


class At:
    """As AstrBot's."""

    def __init__(self, qq: str, name: str = "") -> None:
        self.qq, self.name = qq, name


class Rig:
    """A plugin, and the sessions that the gateway sees."""

    def __init__(self, commands: Commands, gateway: Gateway) -> None:
        self.commands, self.gateway = commands, gateway

    async def say(self, text: str, sender: str = "1", **more: Any) -> str:
        return "\n".join(await say(self.commands, Event(sender, text, **more)))

    async def session(self, text: str, **more: Any) -> str:
        """Of the request that this message leads to."""
        before = len(self.gateway.requests)
        await self.say(text, **more)
        assert len(self.gateway.requests) == before + 1, "it was no task"
        return self.gateway.requests[-1]["user"]

    def asked(self) -> str:
        """The text of the newest request."""
        return self.gateway.requests[-1]["input"][-1]["content"][-1]["text"]

    async def refused(self, text: str, words: str, **more: Any) -> None:
        """Nothing is asked, and one line says why."""
        before = len(self.gateway.requests)
        told = await self.say(text, **more)
        assert words in told and "\n" not in told and len(self.gateway.requests) == before, told


@pytest_asyncio.fixture
async def rig(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr("openclaw.tools.of_turn", lambda *_: [])
    commands = await opened(tmp_path, gateway, conversation_mode=True)
    yield Rig(commands, gateway)
    await commands._engine.stop()


async def test_two_projects_and_the_chat_do_not_share_a_session(rig: Rig) -> None:
    plain = await rig.session("助手 hi")
    assert "已新建项目 @博客" in await rig.say("助手 @博客 写大纲")
    blog, shop = await rig.session("助手 @博客 写大纲"), await rig.session("助手 @Shop hi")
    assert len({plain, blog, shop}) == 3
    assert shop == await rig.session("助手 ＠ｓｈｏｐ\n第一行\n  第二行")
    assert rig.asked() == "第一行\n  第二行"
    assert "@shop、@博客" in await rig.say("助手 项目") and "没有项目" in await rig.say("助手 会话重置 @别的")
    assert "已为项目 @shop" in await rig.say("助手 会话重置 @SHOP")
    assert await rig.session("助手 @shop hi") != shop
    assert (await rig.session("助手 @博客 hi"), await rig.session("助手 hi")) == (blog, plain)
    # The chat's own reset leaves them alone.
    await rig.say("助手 会话重置")
    assert await rig.session("助手 hi") != plain and await rig.session("助手 @博客 hi") == blog
    await rig.say("助手 项目 删除 @博客")
    assert "@博客" not in await rig.say("助手 projects") and await rig.session("助手 @博客 hi") != blog
    # Another chat has its own.
    assert await rig.session("助手 @博客 hi", sender="2") != await rig.session("助手 @博客 hi")


async def test_a_name_alone_and_a_bad_name_are_hints(rig: Rig) -> None:
    await rig.say("助手 项目 新建 @博客")
    await rig.refused("助手 @博客", "请在项目名后面写任务")
    await rig.refused("助手 @别的", "请在项目名后面写任务")
    await rig.refused("助手 定时 18:30 @别的", "请在时间后面写任务")
    await rig.refused("助手 后台 @别的", "请写明任务")
    assert "别的" not in await rig.say("助手 项目"), "a name alone has made a project"
    assert "已新建项目 @图" in await rig.say("助手 @图", parts=(Image("a.png"),))
    await rig.refused("助手 @a/b 写", "不能用作项目名")
    await rig.refused(f"助手 @{'字' * 33} 写", "不能用作项目名")
    await rig.refused("助手 项目 新建 @a:b", "不能用作项目名")
    assert "已经存在" in await rig.say("助手 project new @博客")
    for task in ("项目 进度如何", "进入 目录看看", "退出 登录怎么做", "会话重置 是什么", "@ 博客"):
        await rig.session(f"助手 {task}")


async def test_in_a_group_a_mention_never_makes_a_project(rig: Rig) -> None:
    plain = await rig.session("助手 hi", group="5")
    # As QQ and Telegram tell of a mention.
    for text, part in (("@小王(77) 看看", At("77", "小王")), ("@bob 看看", At("bob", "bob"))):
        assert await rig.session(f"助手 {text}", group="5", parts=(part,)) == plain
        assert text.split()[0] in rig.asked()
    # A platform that does not tell.
    await rig.refused("助手 @小王 看看", "本群没有项目 @小王", group="5")
    assert "还没有项目" in await rig.say("助手 项目", group="5")
    await rig.say("助手 项目 新建 @小王", group="5")
    assert await rig.session("助手 @小王 看看", group="5") != plain


async def test_a_lower_level_of_a_group_touches_no_project_of_a_higher_one(rig: Rig) -> None:
    admin = {"sender": "9", "admin": True, "group": "5"}
    await rig.say("助手 项目 新建 @博客", **admin)
    high = await rig.session("助手 @博客 hi", **admin)
    await rig.refused("助手 @博客 hi", "本群没有项目", group="5")
    await rig.say("助手 项目 新建 @博客", group="5")
    low = await rig.session("助手 @博客 hi", group="5")
    assert low != high
    await rig.say("助手 会话重置 @博客", group="5")
    await rig.say("助手 项目 删除 @博客", group="5")
    assert await rig.session("助手 @博客 hi", **admin) == high
    await rig.say("助手 项目 新建 @博客", group="5")
    low = await rig.session("助手 @博客 hi", group="5")
    await rig.say("助手 会话重置 @博客", **admin)
    assert await rig.session("助手 @博客 hi", **admin) != high
    assert await rig.session("助手 @博客 hi", group="5") != low, "an admin's reset is everybody's"


async def test_a_background_task_goes_to_its_project(tmp_path: Path, gateway: Gateway, rig: Rig) -> None:
    blog = await rig.session("助手 @博客 hi")
    await rig.refused("助手 后台 @博客", "请写明任务")
    started = []

    async def start(_event: Any, text: str, *, project: str, new_project: bool) -> Any:
        assert not new_project
        started.append((text, project))
        raise rig.commands._engine.fault("busy", "inside_command")

    assert "已新建项目 @新的" in (told := await rig.say("助手 后台 @新的 写")) and "编号 1" in told
    assert "已新建" not in await rig.say("助手 后台 @新的 写")
    rig.commands.background.start = start
    await rig.say("助手 后台 @博客 写\n大纲")
    await rig.say("助手 后台 写大纲")
    assert started == [("写\n大纲", "博客"), ("写大纲", "")] and blog


@pytest.mark.parametrize("why", ["share", "stopped", "attachment", "timers", "secret", "no_task"])
async def test_what_is_refused_makes_no_project(tmp_path: Path, rig: Rig, monkeypatch: Any, why: str) -> None:
    command, text, more = "后台", "写", {}
    if why == "share":
        monkeypatch.setattr("openclaw.background.LIVE_PER_ASKER", 0)
    elif why == "stopped":
        await rig.commands._engine.stop()
    elif why == "attachment":
        more = {"parts": (Image(str(tmp_path / "gone.png")),)}
    else:
        scheduler = types.SimpleNamespace(usable=True, zone=lambda: timezone.utc)
        monkeypatch.setattr(rig.commands._timers, "scheduler", scheduler)
        command = "定时 18:30"
        if why == "timers":
            monkeypatch.setattr("openclaw.timers.IN_ALL", 0)
        text = {"secret": f"用 {rig.gateway.token} 登录", "no_task": ""}.get(why, text)
    told = await rig.say(f"助手 {command} @新的 {text}", **more)
    assert "已新建" not in told and "编号" not in told, told
    assert "@新的" not in await rig.say("助手 项目"), "a refused task has left a project behind"


async def test_the_conversation_mode_of_a_chat(rig: Rig) -> None:
    plain = await rig.session("助手 hi")
    assert "已进入对话模式" in await rig.say("助手 进入")
    assert await rig.session("接着写") == plain
    # With the prefix all is as always: no command is taken for a task.
    assert "没有正在运行" in await rig.say("助手 取消") and "没有待确认" in await rig.say("助手 确认")
    told = await rig.say("助手 进入 @博客")
    assert "项目 @博客" in told and "10 分钟" in told
    blog = await rig.session("接着写\n  第二行")
    assert blog == await rig.session("助手 @博客 hi") != plain and await rig.session("助手 hi") == plain
    assert await rig.session("@别的 也是原话") == blog
    await rig.say("助手 项目 删除 @博客")
    await rig.refused("接着写", "项目 @博客 已不存在")
    await rig.refused("接着写", "对话模式已经结束")
    assert "没有进入对话模式" in await rig.say("助手 退出")
    await rig.say("助手 enter")
    assert "已退出" in await rig.say("助手 exit")
    await rig.refused("助手 进入 @a/b", "不能用作项目名")


async def test_it_is_off_unless_it_is_set(tmp_path: Path, gateway: Gateway) -> None:
    commands = await opened(tmp_path, gateway)
    assert "对话模式未启用" in (await say(commands, Event("1", "助手 进入")))[0]
    await commands._engine.stop()


async def test_in_a_group_a_project_must_be_there_to_enter_it(rig: Rig) -> None:
    await rig.refused("助手 进入 @小王", "本群没有项目", group="5")
    await rig.refused("助手 进入 @小王(77)", "不能用作项目名", group="5", parts=(At("77", "小王"),))
