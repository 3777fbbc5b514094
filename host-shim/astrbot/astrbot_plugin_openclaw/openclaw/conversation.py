"""A turn for AstrBot's agent loop, which runs tools itself: it is handed each tool call, goes off
to run it, and comes back with the result in its next request. The turn waits meanwhile."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from astr_openclaw import Delta, Fault, Reply, Tool, Turn


@dataclass(frozen=True)
class Call:
    """A tool that AstrBot is to run."""

    id: str
    name: str
    arguments: dict[str, Any]


class Conversation:
    """One turn, over as many requests of AstrBot's agent loop as it has rounds of tools."""

    def __init__(self, abort: asyncio.Event | None) -> None:
        self._feed: asyncio.Queue[Delta | Call | Reply | Fault] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._abort = abort
        self._turn: Turn | None = None
        self.ended = False
        self.names: dict[str, str] = {}
        """AstrBot's names of the tools, by the names that they are offered under."""

    def tool(self, name: str, description: str, parameters: Any, level: str, timeout: float) -> Tool:
        """A tool whose calls are handed out and answered by `resume`."""

        async def run(**arguments: Any) -> str:
            call = Call(f"call_{uuid.uuid4().hex}", name, arguments)
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._waiting[call.id] = answer
            self._feed.put_nowait(call)
            try:
                return await answer
            finally:
                self._waiting.pop(call.id, None)

        return Tool(name, run, description, parameters, level, timeout)

    def start(self, ask: Callable[[], Turn]) -> None:
        """Asks. Raises `Fault` if there is nothing that could be asked."""
        self._turn = ask()
        self._tasks.append(asyncio.create_task(self._pump(self._turn)))
        if self._abort is not None:
            self._tasks.append(asyncio.create_task(self._watch(self._abort, self._turn)))

    async def _pump(self, turn: Turn) -> None:
        try:
            async for event in turn:
                if isinstance(event, Delta):
                    self._feed.put_nowait(event)
            self._feed.put_nowait(await turn.reply())
        except Fault as fault:
            self._feed.put_nowait(fault)
        finally:
            self.ended = True
            for task in self._tasks[1:]:
                task.cancel()

    @staticmethod
    async def _watch(abort: asyncio.Event, turn: Turn) -> None:
        await abort.wait()
        turn.cancel()

    def resume(self, results: Mapping[str, str]) -> bool:
        """Takes the results of tool calls; whether any of them was one of this turn's."""
        mine = False
        for call_id, text in results.items():
            answer = self._waiting.get(call_id)
            if answer is not None and not answer.done():
                answer.set_result(text)
                mine = True
        return mine

    @property
    def waiting(self) -> bool:
        """Whether the turn waits for tool results."""
        return bool(self._waiting)

    async def pieces(self) -> AsyncIterator[Delta | list[Call] | Reply]:
        """What comes until AstrBot has to act: deltas, and then either the calls to run or the
        reply. Raises `Fault`. Cancelling it cancels the turn."""
        try:
            while True:
                item = await self._feed.get()
                if isinstance(item, Fault):
                    raise item
                if isinstance(item, Call):
                    calls = [item]
                    # Calls of the same round that are there already; later ones come next time.
                    await asyncio.sleep(0)
                    held = []
                    while not self._feed.empty():
                        more = self._feed.get_nowait()
                        (calls if isinstance(more, Call) else held).append(more)  # type: ignore[arg-type]
                    for back in held:
                        self._feed.put_nowait(back)
                    yield calls
                    return
                yield item
                if isinstance(item, Reply):
                    return
        except (asyncio.CancelledError, GeneratorExit):
            self.cancel()
            raise

    def cancel(self) -> None:
        """Ends the turn."""
        if self._turn is not None:
            self._turn.cancel()


def tool_results(messages: list[dict[str, Any]]) -> dict[str, str]:
    """The results at the end of AstrBot's messages, by the id of the call."""
    results: dict[str, str] = {}
    for message in reversed(messages):
        if message.get("role") != "tool":
            break
        results[str(message.get("tool_call_id", ""))] = text_of(message.get("content"))
    return results


def text_of(content: Any) -> str:
    """The text of a message's content, which is a text or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            part.get("text", "") if isinstance(part, dict) else str(getattr(part, "text", ""))
            for part in content
            if (part.get("type") if isinstance(part, dict) else getattr(part, "type", "")) == "text"
        )
    return json.dumps(content, ensure_ascii=False, default=str)


def images_of(content: Any) -> list[str]:
    """The image URLs of a message's content."""
    urls = []
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and part.get("type") == "image_url":
            url = part.get("image_url")
            urls.append(url.get("url", "") if isinstance(url, dict) else str(url))
    return [url for url in urls if url]
