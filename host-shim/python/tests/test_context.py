"""Who is talking, on its way to the gateway."""

from __future__ import annotations

import json

import pytest
from astr_openclaw import Plugin, Quote, TurnContext
from gateway import Gateway


async def test_who_is_talking_reaches_the_gateway(plugin: Plugin, gateway: Gateway) -> None:
    who = TurnContext("aiocqhttp", "10001", "小明\ud83d", "测试群", True, Quote("老王", "昨天的方案"))
    await plugin.ask("hi", context=who).reply()
    sent = json.dumps(gateway.requests, ensure_ascii=False)
    for part in ("aiocqhttp", "10001", "小明", "测试群", "昨天的方案", "老王"):
        assert part in sent, (part, sent)
    await plugin.ask("hi").reply()
    assert "untrusted" not in json.dumps(gateway.requests[-1])


def test_names_and_messages_are_not_in_the_repr() -> None:
    shown = repr(TurnContext("qq", "10001", "Ann", "Friends", False, Quote("Bob", "secret plan")))
    assert "qq" in shown and not any(word in shown for word in ("10001", "Ann", "Friends", "secret", "Bob"))


def test_a_context_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        TurnContext().is_admin = True  # type: ignore[misc]
