"""A stand-in for the model provider behind the gateway, and for AstrBot's own model: the streaming
OpenAI completions API on a loopback port.

What it does follows from a word in the newest user message:

| word | answer |
|---|---|
| `MAGIC_ECHO` | all user messages of the request, each in brackets |
| `MAGIC_LAST` | the newest user message, as JSON (so that its new lines are seen) |
| `MAGIC_HOLD` | two deltas, then the rest once `release` was called |
| `MAGIC_TOOL=NAME{…}` | one call of this tool, with these arguments, if there are any; then the tool's output |
| `MAGIC_FILE=PATH` | a text, and the line that sends this file where the gateway offers no tools |
| `MAGIC_SECRET` | a text with a key and a password in it |
| `MAGIC_CONTROL` | a text with control characters in it |
| `MAGIC_LONG` | five sentences |
| else | `PONG` |
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import web

PONG = "来自替身模型的 PONG。"
SECRET = "sk-abcdefghijklmnop1234567890"
PASSWORD = "Sup3rS3cr3tValue"


class Model:
    """Use as an async context manager."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.held = asyncio.Event()
        self._gate = asyncio.Event()

    async def __aenter__(self) -> Model:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self._serve)
        app.router.add_get("/v1/models", lambda _: web.json_response({"data": [{"id": "fake-1"}]}))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def release(self) -> None:
        """Lets go on what is held, and holds what comes after."""
        self._gate.set()
        self._gate = asyncio.Event()
        self.held.clear()

    def texts(self) -> list[str]:
        """The newest user message of each call."""
        return [_users(call)[-1] for call in self.calls if _users(call)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._complete(request)
        except ConnectionResetError:
            return web.Response(status=500)  # Who asked has gone; nobody sees it.

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        call = await request.json()
        self.calls.append(call)
        text = (_users(call) or [""])[-1]
        last = [m for m in call["messages"] if not _plain(m.get("content")).startswith(_INTERNAL)][-1]
        # AstrBot's own model asks for the whole answer, the gateway for a stream.
        streamed = bool(call.get("stream"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        whole: dict[str, Any] = {"role": "assistant", "content": ""}
        if streamed:
            await response.prepare(request)

        async def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> None:
            if not streamed:
                whole["content"] += delta.get("content", "")
                whole.update({key: value for key, value in delta.items() if key == "tool_calls"})
                return
            body = {
                "id": "c1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "fake-1",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
                **more,
            }
            await response.write(f"data: {json.dumps(body)}\n\n".encode())

        tool = re.search(r"MAGIC_TOOL=([A-Za-z0-9_-]+)(\{.*\})?", text)
        offered = [entry["function"]["name"] for entry in call.get("tools", [])]
        finish = "stop"
        await chunk({"role": "assistant", "content": ""})
        # 2026.9.6 gives its model the result of a client's tool as a message of the user.
        result = re.match(r"Tool:[^ ]*: (.*)", text, re.S)
        if result:
            await chunk({"content": f"工具说：{result.group(1)}"})
        elif last.get("role") == "tool":
            await chunk({"content": f"工具说：{_plain(last.get('content'))}"})
        elif tool and tool.group(1) in offered:
            await chunk(
                {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": tool.group(1), "arguments": tool.group(2) or "{}"},
                        }
                    ]
                }
            )
            finish = "tool_calls"
        elif tool:
            await chunk({"content": f"没有工具 {tool.group(1)}，只有 {','.join(offered)}"})
        elif "MAGIC_ECHO" in text:
            await chunk({"content": "".join(f"[{one}]" for one in _users(call))})
        elif "MAGIC_LAST" in text:
            await chunk({"content": json.dumps(text, ensure_ascii=False)})
        elif "MAGIC_HOLD" in text:
            await chunk({"content": "门前。"})
            await chunk({"content": "等待。"})
            gate = self._gate
            self.held.set()
            await gate.wait()
            if request.transport is None or request.transport.is_closing():
                return response  # Who asked has gone meanwhile.
            await chunk({"content": "门后。"})
        elif file := re.search(r"MAGIC_FILE=(\S+)", text):
            await chunk({"content": f"给你。\nASTR_FILE: {file.group(1)}"})
        elif "MAGIC_SECRET" in text:
            await chunk({"content": f"密钥是 {SECRET}，数据库 postgres://u:{PASSWORD}@db/x，请保密。"})
        elif "MAGIC_CONTROL" in text:
            await chunk({"content": "看\x07不\x1b[31m见\x1b[0m\u202e的\u200b字"})
        elif "MAGIC_LONG" in text:
            for number in "一二三四五":
                await chunk({"content": f"第{number}句话"})
                await chunk({"content": "到此为止。"})
        else:
            await chunk({"content": PONG})
        usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
        if not streamed:
            choice = {"index": 0, "message": whole, "finish_reason": finish}
            return web.json_response(
                {
                    "id": "c1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "fake-1",
                    "choices": [choice],
                    "usage": usage,
                }
            )
        await chunk({}, finish, usage=usage)
        await response.write(b"data: [DONE]\n\n")
        return response


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return str(content or "")


#: What newer gateways put before and after the user's words, and between them as messages.
_STAMP = re.compile(r"^\[[A-Z][a-z]{2} \d{4}-\d\d-\d\d [^\]]*\] ")
_RUNTIME = re.compile(r"\n\nRuntime: agent=.*\Z", re.S)
_INTERNAL = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>"


def _users(call: dict[str, Any]) -> list[str]:
    texts = [_plain(m.get("content")) for m in call["messages"] if m.get("role") == "user"]
    return [_RUNTIME.sub("", _STAMP.sub("", text)) for text in texts if not text.startswith(_INTERNAL)]
