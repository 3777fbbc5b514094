"""What a task tells while it runs, and an answer in messages: report P10 (attack)."""

from __future__ import annotations

import pytest
from astr_openclaw import Delta, Notice, ToolCall
from openclaw.message_splitter import MOST, MessageSplitter
from openclaw.progress import Progress


def test_few_steps_are_told_one_by_one() -> None:
    steps = Progress("en", calls=True)
    assert [bool(steps.told(ToolCall("c", "t", "{}"))) for _ in range(3)] == [True] * 3
    assert steps.told(Delta("x")) == steps.told(Notice("dialect_changed", "…")) == steps.rest() == ""
    assert Progress("zh", calls=False).told(ToolCall("c", "t", "{}")) == ""
    # Users must know that the conversation so far is not known any more.
    assert "another agent" in Progress("zh", calls=False).told(Notice("agent_switched", "another agent"))


@pytest.mark.parametrize("size", [1, 3, 100, 10_000])
@pytest.mark.parametrize(
    "text", ["第一句。第二句！第三句？", "One. Two! Three?\n" * 5000, "no end " * 3000, "。" * 5000, "a\n\n" * 4000, ""]
)
def test_an_answer_is_a_few_messages_and_loses_nothing(text: str, size: int) -> None:
    sentences = MessageSplitter()
    given = [sentences.feed(text[at : at + size]) for at in range(0, len(text), size)] + [sentences.rest()]
    given = [message for message in given if message]
    assert len(given) <= MOST
    assert "".join(given).replace("\n", "") == text.replace("\n", "")
