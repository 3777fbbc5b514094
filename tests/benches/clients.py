"""The part of the measuring command that is Python: a process that does what it is told, a line of JSON each way,
while the command watches it through `/proc`. `turn/worker.rs` speaks the same.

    clients.py CLIENT URL       CLIENT: a key of CLIENTS below
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

TOKEN = (Path(__file__).resolve().parents[1] / "canary/token").read_text()
URL = sys.argv[2] if len(sys.argv) > 2 else ""
DELTA = "response.output_text.delta"


def body(text: str) -> dict[str, Any]:
    """The request of a client without guards."""
    return {"model": "openclaw:main", "stream": True, "input": text, "user": "someone"}


class Ours:
    """The module `astr_openclaw`: every event is read, and the reply beside them."""

    async def load(self, limit: int) -> None:
        """Imports are a part of what is measured."""
        global astr_openclaw
        import astr_openclaw

        self.imported = time.perf_counter()
        config = {"gateway_primary_url": URL, "gateway_bearer_token": TOKEN, "max_answer_bytes": limit}
        self.plugin = await astr_openclaw.Plugin.load(config)

    async def turn(self, text: str) -> tuple[float, int]:
        """One turn: when the first delta came, and the length of the text."""
        first, pieces = 0.0, []
        turn = self.plugin.ask(text)
        async for event in turn:
            if isinstance(event, astr_openclaw.Delta):
                first = first or time.perf_counter()
                pieces.append(event.text)
        whole = "".join(pieces)
        assert (await turn.reply()).text == whole
        return first, len(whole)

    async def close(self) -> None:
        """Ends what `load` has begun."""
        await self.plugin.close()


class Lines:
    """What the clients share that read lines: each delta's JSON, and the text."""

    async def turn(self, text: str) -> tuple[float, int]:
        """See `Ours.turn`."""
        first, pieces = 0.0, []
        async for line in self.lines(text):
            if line.startswith(b"data: {"):
                event = json.loads(line[6:])
                if event["type"] == DELTA:
                    first = first or time.perf_counter()
                    pieces.append(event["delta"])
        return first, len("".join(pieces))

    def lines(self, text: str) -> Any:
        """The lines of the answer, as bytes."""
        raise NotImplementedError


class Aiohttp(Lines):
    """aiohttp."""

    async def load(self, _limit: int) -> None:
        """See `Ours.load`."""
        import aiohttp

        self.imported = time.perf_counter()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        # Its buffer of 64 kB bounds a line, too: the last one has the whole text.
        self.client = aiohttp.ClientSession(headers=headers, read_bufsize=64 << 20)

    async def lines(self, text: str) -> Any:
        """See `Lines.lines`."""
        async with self.client.post(f"{URL}/v1/responses", json=body(text)) as answer:
            async for line in answer.content:
                yield line

    async def close(self) -> None:
        """See `Ours.close`."""
        await self.client.close()


class Httpx(Lines):
    """httpx."""

    async def load(self, _limit: int) -> None:
        """See `Ours.load`."""
        import httpx

        self.imported = time.perf_counter()
        self.client = httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    async def lines(self, text: str) -> Any:
        """See `Lines.lines`."""
        async with self.client.stream("POST", f"{URL}/v1/responses", json=body(text)) as answer:
            async for line in answer.aiter_lines():
                yield line.encode()

    async def close(self) -> None:
        """See `Ours.close`."""
        await self.client.aclose()


class Raw(Lines):
    """A socket and nothing else: what no client can beat."""

    async def load(self, _limit: int) -> None:
        """See `Ours.load`."""
        self.imported = time.perf_counter()
        host, port = URL.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    async def lines(self, text: str) -> Any:
        """See `Lines.lines`."""
        content = json.dumps(body(text)).encode()
        head = f"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        self.socket.sendall(head.encode() + content)
        # The gateway sends an event a chunk, so that no line is cut by a chunk's head.
        for line in self.file:
            yield line
            if line == b"0\r\n":
                self.file.readline()
                return

    async def close(self) -> None:
        """See `Ours.close`."""
        self.file.close()
        self.socket.close()


class Openai:
    """The openai SDK."""

    async def load(self, _limit: int) -> None:
        """See `Ours.load`."""
        import openai

        self.imported = time.perf_counter()
        self.client = openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=TOKEN)

    async def turn(self, text: str) -> tuple[float, int]:
        """See `Ours.turn`."""
        first, pieces = 0.0, []
        async for event in await self.client.responses.create(model="openclaw:main", input=text, stream=True):
            if event.type == DELTA:
                first = first or time.perf_counter()
                pieces.append(event.delta)
        return first, len("".join(pieces))

    async def close(self) -> None:
        """See `Ours.close`."""
        await self.client.close()


CLIENTS: dict[str, Any] = {"astr_openclaw": Ours, "aiohttp": Aiohttp, "httpx": Httpx, "openai": Openai, "socket": Raw}


async def work(client: Any) -> None:
    """Does what the lines on stdin say until they end."""
    loaded = False
    while line := sys.stdin.readline():
        order = json.loads(line)
        answer: dict[str, list[float]] = {"seconds": [], "first": []}
        if "idle" in order:
            await asyncio.sleep(order["idle"])
        elif not loaded:
            started = time.perf_counter()
            await client.load(order["limit"])
            answer["seconds"] = [time.perf_counter() - client.imported]
            answer["import"] = [client.imported - started]
            loaded = True
        else:
            deltas, size = (int(number) for number in order["input"].split()[1:3])
            for _ in range(order["turns"]):
                started = time.perf_counter()
                first, length = await client.turn(order["input"])
                answer["seconds"].append(time.perf_counter() - started)
                answer["first"].append(first - started)
                assert length == deltas * size, length
        print(json.dumps(answer), flush=True)
    if loaded:
        await client.close()


if __name__ == "__main__":
    asyncio.run(work(CLIENTS[sys.argv[1]]()))
