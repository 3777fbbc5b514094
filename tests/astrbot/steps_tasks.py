"""Steps: tasks by chat command, who may give them, and what they may do."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib

from astr import PLUGIN
from model import PASSWORD, PONG, SECRET
from stage import ADMIN, STRANGER, USER, Stage

GROUP, OTHER_GROUP = 555, 556


def png() -> bytes:
    """A picture of one pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(b"\0\xff\0\0")) + part(b"IEND", b"")


class TaskSteps(Stage):
    """With a plugin that is set up."""

    async def task(self) -> None:
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        await self.qq.ask(USER, "助手 你好", PONG)
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_LAST 第一行\n  第二行\n\n第四行", "第四行")
        assert "第一行\\n  第二行\\n\\n第四行" in text, text

    async def image(self) -> None:
        await self.qq.ask(ADMIN, "/助手 这是什么", PONG, image=png())
        content = self.model.calls[-1]["messages"]
        assert "image_url" in json.dumps(content), "the model saw no image"

    async def low_memory(self) -> None:
        before = len(self.model.calls)
        await self.astr.configure(limits={"heavy_floor_mib": 1 << 24})
        await self.qq.ask(ADMIN, "/助手 这是什么", ("heavy_task_refused", "内存不足"), image=png())
        await self.qq.ask(ADMIN, "/助手 画一张图片", "heavy_task_refused")
        assert len(self.model.calls) == before
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        await self.astr.configure(limits={"heavy_floor_mib": 512})

    async def web_chat(self) -> None:
        session = (await self.astr.get("chat/new_session"))["data"]
        session = session.get("session_id") or session.get("conversation_id")
        self.model.release()
        early = text = ""
        async for piece in self.astr.web_chat("/助手 MAGIC_HOLD", session):
            text += piece
            if not early and "门前" in text:
                early = text
                await asyncio.wait_for(self.model.held.wait(), 60)
                self.model.release()
        assert early and "门后" not in early and "门后" in text, text

    async def sentences(self) -> None:
        await self.astr.configure(streaming="sentences")
        since = len(self.qq.sent)
        await self.qq.ask(ADMIN, "/助手 MAGIC_LONG", "第五句话到此为止", seconds=90)
        mine = [sent.text for sent in self.qq.sent[since:]]
        await self.astr.configure(streaming="auto")
        assert len(mine) >= 2, mine
        joined = "".join(mine)
        assert [joined.count(f"第{n}句话") for n in "一二三四五"] == [1] * 5, mine

    async def two_users(self) -> None:
        first = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        before = len(self.model.calls)
        second = await self.qq.say(USER, "/助手 第二个")
        await self.qq.until(f"private:{USER}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 1"))
        assert len(self.model.calls) == before, "the second did not wait"
        self.model.release()
        await self.qq.until(f"private:{ADMIN}", first, "门后")
        await self.qq.until(f"private:{USER}", second, PONG)
        order = [sent.chat for sent in self.qq.sent if "门后" in sent.text or sent.text == PONG][-2:]
        assert order == [f"private:{ADMIN}", f"private:{USER}"], order

    async def cancel(self) -> None:
        await self.qq.ask(USER, "/助手 取消", "没有正在运行")
        first = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        second = await self.qq.say(USER, "/助手 在后面")
        await self.qq.until(f"private:{USER}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 取消", "已请求取消")
        await self.qq.until(f"private:{USER}", second, "cancelled")
        await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 0"))
        await self.qq.ask(ADMIN, "/助手 取消", "已请求取消")
        await self.qq.until(f"private:{ADMIN}", first, "cancelled")
        # 2026.2.9 goes on with what it had begun, which counts as running (report R1); newer ones end
        # it, and put the words that were never answered before the next, which would hold it again.
        if not self.new:
            await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 0"))
            self.model.release()
            while "运行 1" in await self.qq.ask(USER, "/助手 状态", "等待 0"):
                pass
        await self.qq.ask(USER, "/助手 状态", ("运行 0", "等待 0"))
        self.model.release()
        await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 你好", PONG)

    async def silence(self) -> None:
        calls = len(self.model.calls)
        since = await self.qq.say(STRANGER, "/助手 你好")
        await self.qq.say(STRANGER, "助手 你好")
        await self.qq.say(STRANGER, "/助手 诊断")
        await self.qq.silence(since, 3)
        assert len(self.model.calls) == calls, "it fell through to a model"
        await self.astr.configure(tell_refused=True)
        await self.qq.ask(STRANGER, "/助手 你好", "没有使用")
        await self.astr.configure(tell_refused=False)

    async def groups(self) -> None:
        await self.astr.configure(groups=[str(GROUP)])
        await self.qq.ask(ADMIN, "/助手 你好", PONG, group=GROUP)
        await self.qq.ask(USER, "助手 你好", PONG, group=GROUP)
        calls = len(self.model.calls)
        since = await self.qq.say(ADMIN, "/助手 你好", group=OTHER_GROUP)
        await self.qq.say(STRANGER, "/助手 你好", group=GROUP)
        await self.qq.silence(since, 3)
        assert len(self.model.calls) == calls
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_SECRET", "请保密", group=GROUP)
        assert SECRET not in text and PASSWORD not in text and text.count("＊＊＊") == 2, text
        assert SECRET in await self.qq.ask(ADMIN, "/助手 MAGIC_SECRET", "请保密")

    async def bound(self) -> None:
        """Report P17 (attack)."""
        await self.astr.configure(users=[f"other:{USER}", "astrbot"], groups=[f"other:{GROUP}"])
        since = await self.qq.say(USER, "/助手 你好")
        await self.qq.say(ADMIN, "/助手 你好", group=GROUP)
        await self.qq.silence(since, 3)
        await self.astr.configure(users=[f"fakeqq:{USER}", "astrbot"], groups=[f"fakeqq:{GROUP}"])
        await self.qq.ask(USER, "/助手 你好", PONG)
        await self.qq.ask(USER, "/助手 你好", PONG, group=GROUP)
        await self.astr.configure(users=[str(USER), "astrbot"], groups=[str(GROUP)])

    async def cancel_all(self) -> None:
        """Report P11 (attack)."""
        first = await self.hold(USER, "/助手 MAGIC_HOLD")
        second = await self.qq.say(ADMIN, "/助手 在后面")
        await self.qq.until(f"private:{ADMIN}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 全部取消", "只有管理员")
        await self.qq.ask(ADMIN, "/助手 全部取消", "全部 2 个")
        await self.qq.until(f"private:{USER}", first, "cancelled")
        await self.qq.until(f"private:{ADMIN}", second, "cancelled")
        # As after `取消`.
        self.model.release()
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 你好", PONG)

    async def control_characters(self) -> None:
        """Report P16 (attack)."""
        # What the gateway or the component has taken the escape off is plain text by then.
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_CONTROL", ("看不", "的字"))
        assert text.isprintable(), ascii(text)

    async def task_tools(self) -> None:
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_TOOL=astrbot_scenario_time", "工具说：", seconds=90)
        assert "42 o'clock" in text, text
        # A user's turns ask for L1, and a tool that is not listed needs L2.
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "没有工具 astrbot_scenario_time", seconds=90)
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_plugins", ("工具说：", PLUGIN), seconds=90)
        await self.astr.configure(tool_levels={"L1": ["scenario_time"]})
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "42 o'clock", seconds=90)
        # AstrBot's own rule for this tool holds too, whatever the level.
        await self.astr.post("tools/permission", {"name": "scenario_time", "permission": "admin"})
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "Permission denied", seconds=90)
        await self.qq.ask(ADMIN, "/助手 MAGIC_TOOL=astrbot_scenario_time", "42 o'clock", seconds=90)
        await self.astr.post("tools/permission", {"name": "scenario_time", "permission": "member"})

    async def stop_command(self) -> None:
        for words, ended in (("/助手 MAGIC_HOLD", "cancelled"), ("MAGIC_HOLD", None)):
            since = await self.hold(ADMIN, words)
            await self.qq.ask(ADMIN, "/助手 状态", "运行 1")
            await self.qq.say(ADMIN, "/stop")
            if ended:
                await self.qq.until(f"private:{ADMIN}", since, ended)
            await self.idle()
            self.model.release()
            await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        # As with a task: the words that were never answered would be put before the next.
        await self.qq.ask(ADMIN, "/new", "conversation")
