"""Runs one tool call of a turn."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import threading
from contextlib import suppress
from typing import Any

from ._json import valid_text, valid_value
from .types import Tool


async def run_tool(tool: Tool | None, name: str, arguments: str, answer: Any) -> None:
    """Runs a tool and answers, whatever happens. The native half enforces the time limit: it answers the model
    in time and cancels this task."""
    if tool is None:
        answer.error(valid_text(f"there is no tool {name!r}"))
        return
    try:
        output = await _output(tool, _keywords(name, arguments))
    # Including SystemExit and KeyboardInterrupt: a tool must end neither the loop nor the turn. If this task
    # was cancelled, nobody waits for the answer and it is dropped.
    except BaseException as error:
        answer.error(valid_text(_failure(name, error)))
    else:
        answer.output(valid_text(output))


class _Unreadable(Exception):
    """The model's arguments are not a JSON object."""


def _keywords(name: str, arguments: str) -> dict[str, Any]:
    try:
        keywords = json.loads(arguments or "{}")
        if not isinstance(keywords, dict):
            raise TypeError("the arguments are not an object")
        return {str(key): value for key, value in valid_value(keywords).items()}
    except (ValueError, TypeError, RecursionError) as error:
        raise _Unreadable(f"the arguments of {name!r} cannot be read: {error}") from None


def _failure(name: str, error: BaseException) -> str:
    if isinstance(error, _Unreadable):
        return str(error)
    try:
        why = f"{type(error).__name__}: {error}"
    except BaseException:  # `str()` of the exception fails.
        why = type(error).__name__
    return f"the tool {name!r} failed: {why}"


async def _output(tool: Tool, keywords: dict[str, Any]) -> str:
    if tool.is_async:
        output = await tool.run(**keywords)
    else:
        output = await _in_thread(tool, keywords)
        if inspect.isawaitable(output):  # Such as a lambda around an `async def`.
            output = await output
    if isinstance(output, str):
        return output
    return json.dumps(output, ensure_ascii=False, default=str)


async def _in_thread(tool: Tool, keywords: dict[str, Any]) -> Any:
    """Runs a plain function in its own daemon thread, so that tools that never end neither exhaust a pool nor
    keep the process from exiting."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    outcome: list[Any] = []
    raised: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.append(context.run(tool.run, **keywords))
        # A future cannot carry StopIteration, and SystemExit would end the loop.
        except BaseException as error:
            raised.append(error)
        with suppress(RuntimeError):  # The loop is closed.
            loop.call_soon_threadsafe(_settle, ended)

    threading.Thread(target=work, name=f"astr_openclaw-{tool.name}", daemon=True).start()
    await ended
    if raised:
        raise raised[0]
    return outcome[0]


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
