"""Steps: projects, conversation mode and timers."""

from __future__ import annotations

import json

from model import PONG
from stage import ADMIN, USER, Stage

GROUP = 555

#: How late a timer may be, in seconds, before it has been missed: `GRACE` in timers.py.
GRACE = 10


class ChatSteps:
    """Several conversations in one chat, tasks without the prefix, and tasks at a time."""

    def __init__(self, stage: Stage) -> None:
        self.s = stage

    async def play(self) -> None:
        step = self.s.steps.run
        await step("projects: two in one chat know nothing of each other, one is reset", self.projects)
        await step("projects: a mention in a group is none", self.mention)
        await step("conversation mode: entered, used, left, and ended by time", self.conversation)
        await step("timers: one runs, one is cancelled, one is nonsense", self.timers)

    async def echo(self, words: str, before: str = "") -> str:
        """All that the conversation holds by the time of this question."""
        question = f"MAGIC_ECHO {words}"
        return await self.s.qq.ask(USER, f"{before}{question}", question)

    async def projects(self) -> None:
        await self.s.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.s.qq.ask(USER, "/助手 记住子", PONG)
        await self.s.qq.ask(USER, "/助手 @甲 记住丑", ("已新建项目 @甲", PONG))
        await self.s.qq.ask(USER, "/助手 @Two 记住寅", ("已新建项目 @two", PONG))
        for before, own in (("/助手 ", "子"), ("/助手 @甲 ", "丑"), ("/助手 @TWO ", "寅")):
            held = await self.echo(f"问{own}", before)
            assert [word in held for word in ("记住子", "记住丑", "记住寅")] == [word == own for word in "子丑寅"], held
        await self.s.qq.ask(USER, "/助手 项目", ("@two", "@甲"))
        await self.s.qq.ask(USER, "/助手 会话重置 @甲", "已为项目 @甲")
        assert "记住丑" not in await self.echo("再问", "/助手 @甲 ")
        await self.s.astr.reload()
        assert "记住寅" in await self.echo("三问", "/助手 @two ")
        assert "记住子" in await self.echo("四问", "/助手 ")

    async def mention(self) -> None:
        await self.s.astr.configure(groups=[str(GROUP)], conversation_mode=True, conversation_minutes=5)
        text = await self.s.qq.ask(USER, "/助手 ", "看看", group=GROUP, at=77, then="MAGIC_LAST 看看")
        assert "(77)" in text and "项目" not in text, text
        await self.s.qq.ask(USER, "/助手 @小王 看看", "本群没有项目 @小王", group=GROUP)
        await self.s.qq.ask(USER, "/助手 项目", "还没有项目", group=GROUP)

    async def conversation(self) -> None:
        await self.s.qq.ask(USER, "/助手 进入", "已进入对话模式", group=GROUP)
        await self.s.qq.ask(USER, "MAGIC_LAST 群里说", "群里说", group=GROUP)
        # Another member, a call of somebody else, and the bot itself.
        since = await self.s.qq.say(ADMIN, "MAGIC_LAST 别人说", group=GROUP)
        await self.s.qq.say(USER, "", group=GROUP, at=77, then="你来看")
        await self.s.qq.silence(since, 2)
        await self.s.qq.ask(USER, "/scn_plain", "场景一", group=GROUP)
        await self.s.qq.ask(USER, "/助手 确认", "没有待确认", group=GROUP)
        await self.s.qq.ask(USER, "/助手 退出", "已退出", group=GROUP)
        since = await self.s.qq.say(USER, "MAGIC_LAST 不再说", group=GROUP)
        await self.s.qq.silence(since, 2)
        # In private, where AstrBot's own model would answer, and takes plain words for commands.
        await self.s.qq.ask(USER, "/助手 进入 @Two", "项目 @two")
        assert "记住寅" in await self.echo("五问")
        text = await self.s.qq.ask(USER, "scn_plain MAGIC_LAST", "scn_plain")
        assert "场景一" not in text, text
        await self.s.qq.ask(USER, "/scn_plain", "场景一")
        # As if nothing had been said for an hour.
        kept = self.s.astr.plugin_data / "conversation_mode.json"
        await self.s.astr.reload()
        assert "记住寅" in await self.echo("六问"), "a reload has ended it"
        kept.write_text(json.dumps([[*mode[:3], mode[3] - 3600] for mode in json.loads(kept.read_text("utf-8"))]))
        await self.s.astr.reload()
        calls = len(self.s.model.calls)
        await self.s.qq.ask(USER, "还在吗", "对话模式已经结束")
        assert len(self.s.model.calls) == calls, "it fell through to a model"
        await self.s.qq.ask(USER, "/助手 退出", "没有进入")
        await self.s.astr.configure(conversation_mode=False)

    async def timers(self) -> None:
        await self.s.qq.ask(USER, "/助手 定时 下辈子 写书", "看不懂时间")
        await self.s.qq.ask(USER, "/助手 定时 明天 9:00 取消我", ("已设定", "Asia/Shanghai"))
        text = await self.s.qq.ask(USER, "/助手 定时", "取消我")
        number = text.split("#")[1].split("　")[0]
        await self.s.qq.ask(USER, f"/助手 定时 取消 {number}", "已取消")
        since = await self.s.qq.say(USER, "/助手 定时 3秒后 @Two MAGIC_ECHO 到点了")
        await self.s.qq.until(f"private:{USER}", since, ("已设定", "到点了"))
        text = await self.s.qq.until(f"private:{USER}", since, ("✅ 后台任务", "MAGIC_ECHO 到点了]"))
        assert "记住寅" in text, text
        await self.s.qq.ask(USER, "/助手 定时", "没有定时任务")
