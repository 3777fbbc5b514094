"""Asks the caller's callback about one approval request of a turn."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from ._json import valid_text
from .types import ROLES, ApprovalRequest, Approve, Decision


async def run_approve(approve: Approve | None, request: ApprovalRequest, answer: Any) -> None:
    """Asks and answers, whatever happens: anything but a clear yes is a no. If the request ends otherwise, the
    native half cancels this task and drops the answer."""
    decision = Decision(False, role="asker")
    try:
        if approve is not None:
            decision = await _decision(approve, request)
    except asyncio.CancelledError:
        pass  # The request or the turn has ended, or the callback awaited something that was cancelled.
    # Including SystemExit and KeyboardInterrupt: a callback must end neither the loop nor the turn.
    except BaseException as error:
        context = {"message": f"the approval of {request.request} failed, which means no", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
    answer.decide(decision.approve, valid_text(decision.by), decision.role)


async def _decision(approve: Approve, request: ApprovalRequest) -> Decision:
    outcome: Any = approve(request)
    if inspect.isawaitable(outcome):
        outcome = await outcome
    if isinstance(outcome, bool):
        return Decision(outcome)
    # By type: `"no"` and a coroutine that nobody awaited are true.
    if (
        isinstance(outcome, Decision)
        and isinstance(outcome.approve, bool)
        and isinstance(outcome.by, str)
        and outcome.role in ROLES
    ):
        return outcome
    raise TypeError(f"an approval is a bool or a Decision, not {outcome!r}")
