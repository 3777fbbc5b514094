"""AstrBot's commands when OpenClaw is AstrBot's chat model: they run here, in the same request, as the person whose
message is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import fake_commands
import pytest
from command_rig import CONTEXT, Image, command, weather
from fake_commands import Event, PermissionTypeFilter
from provider_rig import CHAT, TOOLS, Rig, both, run

CALL = 'tool astrbot_cmd_w {"arguments": "上海"}'


class Sender(Event):
    """Whose message AstrBot answers."""

    def get_platform_name(self) -> str:
        return "aiocqhttp"

    def get_sender_name(self) -> str:
        return "somebody"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    fake_commands.registry.handlers.clear()


def prepared(rig: Rig, *, admin: bool = True) -> Sender:
    rig.provider.context.get_config = CONTEXT.get_config
    rig.asking = sender = Sender(admin=admin)  # type: ignore[assignment]
    return sender


@both
def test_a_command_answers_the_model_and_its_pictures_the_chat(tmp_path: Path, streaming: bool) -> None:
    async def pictured(event: Event, **_: object) -> object:
        result = event.plain_result(f"晴：{event.message_str}")
        result.chain.append(Image())
        yield result

    command("w", pictured)

    async def body(rig: Rig) -> None:
        sender = prepared(rig)
        answer = await rig.ask(streaming, CALL, CHAT, func_tool=TOOLS)
        assert answer.completion_text.startswith("晴：w 上海") and not answer.tools_call_name
        assert sender.chat == ["<Image>"] and len(rig.gateway.requests) == 2
        # Beside AstrBot's own tools, which AstrBot runs.
        assert "astrbot_weather" in json.dumps(rig.gateway.requests[-1]["tools"])

    run(tmp_path, body, astrbot_commands=["w"])


def test_the_sender_decides_what_may_run(tmp_path: Path) -> None:
    command("w", weather, PermissionTypeFilter())

    async def body(rig: Rig) -> None:
        prepared(rig)
        assert (await rig.ask(False, CALL, CHAT)).completion_text == "晴：w 上海"
        # A level too low, a sender who is no admin, and nobody in particular.
        prepared(rig, admin=False)
        assert "AstrBot 不允许" in (await rig.ask(False, CALL, CHAT)).completion_text
        rig.provider.settings.user_level = "L1"
        assert "not offered" in (await rig.ask(False, CALL, CHAT)).completion_text
        prepared(rig)
        for session in (None, "fakeqq:FriendMessage:other"):
            assert "not offered" in (await rig.ask(False, CALL, session)).completion_text

    run(tmp_path, body, astrbot_commands=["w"], users=["*"], user_level="L2")
