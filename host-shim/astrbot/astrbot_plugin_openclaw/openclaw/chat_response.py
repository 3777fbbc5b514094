"""What AstrBot gets from OpenClaw as its chat model."""

from __future__ import annotations

from typing import Any

from astr_openclaw import Reply
from astrbot.api.event import MessageChain
from astrbot.core.provider.entities import LLMResponse

from .agent_turn import AgentTurn
from .texts import say

#: Notices appended to the answer: AstrBot has no other place to show them.
_TOLD = {"answer_incomplete", "attachment_shortened", "may_still_run", "agent_switched", "file_refused"}


def chunk(text: str) -> LLMResponse:
    """A part of the answer."""
    return LLMResponse("assistant", result_chain=MessageChain().message(text), is_chunk=True)


def tail(shown: list[str], text: str, locale: str) -> str:
    """The part of the text that `shown` (one entry per round of tools) lacks. If `shown` contradicts the text,
    the whole text, marked as the final version."""
    rest = text
    for part in filter(None, shown):
        if not (rest := rest.removeprefix("\n\n")).startswith(part):
            return f"\n\n{say(locale, 'final_version')}\n{text}"
        rest = rest[len(part) :]
    return rest if shown[-1] else rest.removeprefix("\n\n")


def told(turn: AgentTurn) -> list[str]:
    """The notices to be shown behind the answer."""
    return [f"ℹ️ {notice.text}" for notice in turn.notices if notice.code in _TOLD]


def usage(reply: Reply) -> dict[str, Any]:
    """Token usage for AstrBot, if its version supports that."""
    if reply.usage is None:
        return {}
    try:
        from astrbot.core.provider.entities import TokenUsage
    except ImportError:
        return {}
    return {"usage": TokenUsage(input_other=reply.usage.input_tokens, output=reply.usage.output_tokens)}
