"""What the page is to show."""

from __future__ import annotations

import time
from typing import Any

from approval_rig import Chat
from astr_openclaw import ApprovalRequest, Delta, ToolCall
from chat_rig import Event
from gateway import TOKEN
from openclaw.approvals import Origin
from openclaw.memory_history import MemoryHistory
from openclaw.sender import Sender
from openclaw.task_store import WAITING, Task


class Turn:
    """A turn that is only looked at."""

    def __init__(self, chat: Chat, name: str, asker: str, where: str, *, door: str = "chat") -> None:
        self.id, self.stopped = name, 0
        origin = Origin(door, None, asker, where, where, "L2", "s", self._stop)
        self.approvals = chat.commands.approvals.of_turn(origin)
        self.live = chat.commands._engine.live.all()[-1]
        self.live.turn = name

    def _stop(self) -> None:
        self.stopped += 1

    def saw(self, event: Any) -> None:
        self.live.saw(self, event)  # type: ignore[arg-type]

    def ask(self, chat: Chat, request: ApprovalRequest) -> None:
        """An approval request, as one that the chat has been shown."""
        origin = Origin(
            "chat", Event("1", "x"), self.live.origin.asker, self.live.origin.chat, "p", "L2", "s", self._stop
        )
        chat.commands.approvals.ask(self, request, origin)  # type: ignore[arg-type]


async def busy(chat: Chat) -> list[Turn]:
    """Tasks, an open breaker, faults, and an hour of memory."""
    chat.gateway.token = "another"
    for _ in range(2):
        await chat.ask("你好")[1]
    chat.gateway.token = TOKEN
    first = Turn(chat, "1", "aiocqhttp:10001", "aiocqhttp:GroupMessage:555")
    first.saw(ToolCall("c", "astrbot_cmd_weather", {}))
    first.saw(Delta("正在查询天气。\n" + "".join(f"{n:2}. 北京 晴 25 ℃，湿度 40%，微风。\n" for n in range(1, 30))))
    second = Turn(chat, "2", "telegram:4711", "telegram:FriendMessage:4711", door="model")
    calls = (
        ToolCall("c1", "write_file", {"path": "报告.md", "text": "# 周报\n" + "内容 " * 40}),
        ToolCall("c2", "run", {"command": "ls -la"}),
    )
    second.ask(chat, ApprovalRequest("r", "admin", calls, 300.0))
    hour(
        chat,
        [(ago, 300 + int(500 * abs((ago % 1800) / 900 - 1))) for ago in range(3500, 0, -60) if not 1300 < ago < 1700],
    )
    waiting(chat, 12, "每天早上八点把天气发给我")
    return [first, second]


def waiting(chat: Chat, number: int, text: str) -> None:
    """A background task waits."""
    sender = Sender.of(Event("10001", "x"))
    where = {"chat": "aiocqhttp:FriendMessage:10001", "asker": "aiocqhttp:10001", "project": "周报", "level": "L1"}
    task = Task(id=number, state=WAITING, text=text, sender=sender, door="chat", created=time.time() - 200, **where)
    chat.commands.background._store._tasks[number] = task


def hour(chat: Chat, readings: list[tuple[int, int | None]]) -> None:
    """The memory was read so, seconds ago; from now on it is not."""
    now = [0.0]
    history = MemoryHistory(lambda: None, lambda: now[0], lambda *_: None)
    for ago, mib in readings:
        now[0] = 3600.0 - ago
        history.add(mib)
    now[0] = 3600.0
    history.add = lambda _: None  # type: ignore[method-assign]
    chat.commands._engine.memory_history = history
