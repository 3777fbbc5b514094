"""Commands cost their sender nothing, so the audit log counts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_rig import Event, opened, say
from gateway import Gateway

COMMANDS = (
    "帮助", "诊断", "状态", "取消", "取消 7", "会话重置", "全部取消", "熔断复位", "任务", "任务 7", "全部任务", "后台",
    "定时", "定时 18:30 x", "定时 取消 7", "取消定时 7", "项目", "项目 新建 @a", "会话重置 @a", "项目 删除 @a",
    "进入", "退出",
)  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_flood_of_one_command_is_two_lines(tmp_path: Path, gateway: Gateway, command: str) -> None:
    commands = await opened(tmp_path, gateway, conversation_mode=True)
    for _ in range(20):
        await say(commands, Event("1", f"助手 {command}"))
    await commands._engine.stop()
    commands.close()
    lines = [json.loads(line) for line in Path(commands.audit._file.baseFilename).read_text("utf-8").splitlines()]
    assert [line.get("more") for line in lines] == [None, 19], lines
    assert gateway.requests == []
