"""A small gateway for these tests: POST /v1/responses on a loopback port, scripted by the task.

| the last input's text, or its first line | what happens |
|---|---|
| `hold` | two deltas, then nothing until the client leaves or `release` is set |
| `drop` | two deltas, then the connection is closed |
| `tool NAME JSON` | one call of that tool; its output comes back as the answer |
| `tools NAME N` | N calls at once of that tool, with `{"n": 1}` and so on; their outputs come back, a line each |
| `each JSON` | a round of the calls in that list of `[NAME, ARGUMENTS]`; their outputs come back, a line each |
| `again NAME` | a call of that tool in every round until an output says `no more` |
| `many N` | N deltas |
| `slow TEXT` | the text, in deltas of one character, each once `more` is released |
| `other` | the deltas say `wrong`, the final text `right` |
| `cut` | the answer is cut off by a limit |
| `old …` | the text, as from a version that hands out no files |
| else | the text itself, in deltas of one character |

It runs in a thread of its own with a loop of its own, so that it also serves tests of other loops
and processes.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

#: That of tests/canary, which looks for it in what the tests leave.
TOKEN = "oc-Vq3xZ8mTn5Jd-Lw6pR2kYh9sJ4"


class Gateway:
    """Use as a context manager. `port` 0 is a free one."""

    def __init__(self, port: int = 0, token: str = TOKEN) -> None:
        self.port = port
        self.token = token
        self.requests: list[dict[str, Any]] = []
        self.left = threading.Event()
        self.release = threading.Event()
        self.held = threading.Event()
        self.more = threading.Semaphore(0)
        self.running = 0
        self.most_running = 0
        self._asked: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._up = threading.Event()

    def __enter__(self) -> Gateway:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> dict[str, Any]:
        return {"gateway_primary_url": self.url, "gateway_bearer_token": self.token}

    def texts(self) -> list[str]:
        """What was asked, in the order of arrival."""
        return [_text(request) for request in self.requests]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def start() -> None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]
            self._up.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()

    def _stop(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_later(0.05, self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = {}
                for line in head.split("\r\n")[1:]:
                    name, _, value = line.partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if head.startswith("POST "):
                    await self._answer(reader, writer, headers, body)
                else:
                    await _plain(writer, 404, "Not Found")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: Any, writer: Any, headers: dict[str, str], body: bytes) -> None:
        if headers.get("authorization") != f"Bearer {self.token}":
            error = {"error": {"message": "Unauthorized", "type": "unauthorized"}}
            return await _plain(writer, 401, error)
        request = json.loads(body or b"{}")
        if "model" not in request:
            error = {"error": {"message": "model: Invalid input", "type": "invalid_request_error"}}
            return await _plain(writer, 400, error)
        self.requests.append(request)
        if not request.get("stream"):
            return await _plain(writer, 200, _response("completed", [_message(_text(request))]))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            # A round of tool results has no text: it is of the turn before.
            text = _text(request) or self._asked.get(request["user"], "")
            self._asked[request["user"]] = text
            await self._play(reader, writer, text, _output(request), request)
        finally:
            self.running -= 1

    async def _play(self, reader: Any, writer: Any, text: str, output: str | None, request: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")

        async def send(kind: str, **fields: Any) -> None:
            event = f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()

        async def delta(piece: str) -> None:
            await send("response.output_text.delta", delta=piece, output_index=0, content_index=0, item_id="m")

        answer = text
        # AstrBot puts its own words behind the user's.
        text = text.split("\n", 1)[0]
        # As versions begin that end a run when its client leaves.
        usage = {"input_tokens": 0, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 0}
        if text.startswith("old "):
            del usage["input_tokens_details"]
        created = {"id": "resp_1", "status": "in_progress", "output": [], "usage": usage}
        await send("response.created", response=created)
        again = text.startswith("again ") and "no more" not in (output or "")
        if output is not None and not again:
            answer = output
            await delta(answer)
        elif text == "hold":
            await delta("a")
            await delta("b")
            self.held.set()
            gone = asyncio.ensure_future(reader.read(1))
            free = asyncio.ensure_future(asyncio.to_thread(self.release.wait, 20))
            await asyncio.wait({gone, free}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                self.left.set()
                self.release.set()
                raise ConnectionError
            gone.cancel()
            # Until it has ended, the next request cannot be read: a stream has one reader.
            await asyncio.wait({gone})
            answer = "ab"
        elif text == "drop":
            await delta("half")
            raise ConnectionError
        elif again or text.startswith(("tool ", "tools ", "each ")):
            word, name, arguments = f"{text} {{}}".split(" ", 2)
            offered = [tool.get("name") or tool["function"]["name"] for tool in request.get("tools", [])]
            calls = [(name, arguments.removesuffix(" {}") if word == "tool" else "{}")]
            if word == "tools":
                calls = [(name, json.dumps({"n": n + 1})) for n in range(int(arguments.split()[0]))]
            elif word == "each":
                calls = [(name, json.dumps(one)) for name, one in json.loads(text.removeprefix("each "))]
                name = calls[0][0]
            if name in offered or name == "ghost":
                items = [
                    {"type": "function_call", "id": f"fc_{at}", "call_id": f"call_{at}", "name": name, "arguments": one}
                    for at, (name, one) in enumerate(calls, 1)
                ]
                for at, item in enumerate(items):
                    await send("response.output_item.added", output_index=at, item=item)
                    await send("response.output_item.done", output_index=at, item=item)
                await send("response.completed", response=_response("incomplete", items))
                await _end(writer)
                return
            answer = f"not offered: {name}"
            await delta(answer)
        elif text == "other":
            await delta("wrong")
            answer = "right"
        elif text.startswith("slow "):
            answer = text[5:]
            for character in answer:
                if not await asyncio.to_thread(self.more.acquire, timeout=60):
                    raise ConnectionError
                await delta(character)
        elif text.startswith("many "):
            count = int(text[5:])
            for _ in range(count):
                await delta("x")
            answer = "x" * count
        else:
            for character in answer:
                await delta(character)
        await send("response.output_text.done", text=answer, output_index=0, content_index=0, item_id="m")
        item = _message(answer)
        if text == "cut":
            cut = {**_response("incomplete", [item]), "incomplete_details": {"reason": "max_output_tokens"}}
            await send("response.incomplete", response=cut)
        else:
            await send("response.completed", response=_response("completed", [item]))
        await _end(writer)


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}


def _response(status: str, output: list[Any]) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return {"id": "resp_1", "object": "response", "status": status, "output": output, "usage": usage}


async def _end(writer: Any) -> None:
    writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    await writer.drain()


async def _plain(writer: Any, status: int, body: Any) -> None:
    data, kind = (
        (body.encode(), "text/plain") if isinstance(body, str) else (json.dumps(body).encode(), "application/json")
    )
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


def _items(request: dict[str, Any]) -> list[dict[str, Any]]:
    items = request["input"]
    return [{"type": "message", "content": items}] if isinstance(items, str) else items


def _text(request: dict[str, Any]) -> str:
    for item in reversed(_items(request)):
        if item.get("type") == "message":
            content = item["content"]
            if isinstance(content, str):
                return content
            texts = [part.get("text", "") for part in content]
            # Who is talking stands before the user's words.
            return "".join(text for text in texts if not text.startswith("⟦astrbot-context⟧"))
    return ""


def _output(request: dict[str, Any]) -> str | None:
    """The outputs of the last round, a line each."""
    outputs: list[str] = []
    for item in reversed(_items(request)):
        if item.get("type") == "function_call_output":
            outputs.insert(0, item["output"])
        elif outputs:
            break
    return "\n".join(outputs) if outputs else None
