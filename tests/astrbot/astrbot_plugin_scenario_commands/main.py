"""A plugin with commands of every kind, for the scenario: what the model may run is tried on them."""

import asyncio

import astrbot.api.message_components as Comp
from astrbot.api.event import AstrMessageEvent, MessageChain, filter  # noqa: A004 AstrBot's own name for it.
from astrbot.api.star import Star

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Commands(Star):
    """Brings commands whose names begin with `scn_`, and one with a Chinese name."""

    @filter.command("scn_plain", alias={"scn_alias"})
    async def plain(self, event: AstrMessageEvent):
        """Says what it was asked"""
        yield event.plain_result(f"场景一：{event.message_str}")
        yield event.plain_result("场景二")

    @filter.command("场景天气")
    async def weather(self, event: AstrMessageEvent, city: str):
        """查天气"""
        yield event.plain_result(f"{city}晴")

    @filter.permission_type(filter.PermissionType.ADMIN)
    @filter.command("scn_admin")
    async def admin(self, event: AstrMessageEvent):
        """For admins"""
        yield event.plain_result("管理员做到了")

    @filter.command_group("scn_group")
    def group(self):
        """A group"""

    @group.command("add")
    async def add(self, event: AstrMessageEvent, a: int, b: int):
        """Adds"""
        yield event.plain_result(f"和是 {a + b}")

    @filter.command_group("scn_locked")
    @filter.permission_type(filter.PermissionType.ADMIN)
    def locked(self):
        """A group for admins"""

    @locked.command("open")
    async def open(self, event: AstrMessageEvent):
        """Says that it is open"""
        yield event.plain_result("锁开了")

    @filter.command("scn_picture")
    async def picture(self, event: AstrMessageEvent):
        """Sends a picture"""
        yield event.chain_result([Comp.Plain("看图"), Comp.Image.fromBase64(_PNG)])

    @filter.command("scn_sends")
    async def sends(self, event: AstrMessageEvent):
        """Answers in the chat itself, and stops the event"""
        await event.send(MessageChain().message("命令自己说的"))
        event.stop_event()

    @filter.command("scn_endless")
    async def endless(self, event: AstrMessageEvent):
        """Never ends, not even when it is cancelled"""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
        await event.send(MessageChain().message("迟到的消息"))

    @filter.command("scn_raises")
    async def raises(self, event: AstrMessageEvent):
        """Fails, with a secret in its text"""
        raise ValueError("场景出错 api_key=Sup3rS3cr3tValue12")

    @filter.command("scn_again")
    async def again(self, event: AstrMessageEvent):
        """Asks the assistant, directly and by sending its own event again"""
        answer = await self.context.get_provider_by_id("openclaw").text_chat("内层的问题")
        event.message_str = "/助手 tool astrbot_cmd_scn_again {}"
        self.context.get_event_queue().put_nowait(event)
        yield event.plain_result(f"助手说：{answer.completion_text}")
