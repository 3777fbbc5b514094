"""What loading the client and answering one streamed turn costs a Python process, for the module
`astr_openclaw`, for `aiohttp` and for the `openai` SDK, measured in the same run.

    PYTHON tests/astrbot/memory.py [--rounds N] [--python PYTHON-WITH-ALL-THREE] [--zip PLUGIN.zip]

Each measurement is a fresh process that talks to a small gateway in this one. Printed are the
median over the rounds of the resident memory gained from before the import to after the turn, of
the time to import, and of the time of the first turn. With `--zip` also what a real AstrBot's
process gains by loading the plugin and answering one task (AstrBot has aiohttp and openai loaded
already). Nothing is asserted: memory and times are the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

TOKEN = "benchmark-token-0123456789"
DELTAS = 200

_HEAD = """
import json, os, sys, time
def kib():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])
import asyncio
URL, TOKEN = sys.argv[1:3]
async def nothing():
    pass
asyncio.run(nothing())
before, started = kib(), time.perf_counter()
"""

_TAIL = """
imported = time.perf_counter()
text = asyncio.run(main())
ended = time.perf_counter()
assert text == "x" * DELTAS, text
print(json.dumps({"kib": kib() - before, "import": imported - started, "turn": ended - imported}))
""".replace("DELTAS", str(DELTAS))

CLIENTS = {
    "astr_openclaw": """
import astr_openclaw
async def main():
    plugin = await astr_openclaw.Plugin.load({"gateway_primary_url": URL, "gateway_bearer_token": TOKEN})
    pieces = [event.text async for event in plugin.ask("hi") if isinstance(event, astr_openclaw.Delta)]
    await plugin.close()
    return "".join(pieces)
""",
    "aiohttp": """
import aiohttp
async def main():
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        body = {"model": "openclaw", "input": "hi", "stream": True}
        pieces = []
        async with client.post(URL + "/v1/responses", json=body) as answer:
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    if event["type"] == "response.output_text.delta":
                        pieces.append(event["delta"])
        return "".join(pieces)
""",
    "openai": """
import openai
async def main():
    client = openai.AsyncOpenAI(base_url=URL + "/v1", api_key=TOKEN)
    pieces = []
    stream = await client.responses.create(model="openclaw", input="hi", stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            pieces.append(event.delta)
    await client.close()
    return "".join(pieces)
""",
}


class Handler(BaseHTTPRequestHandler):
    """Answers every request with the same streamed response."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        response = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "openclaw",
            "output": [],
            "status": "in_progress",
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
        place = {"item_id": "m", "output_index": 0, "content_index": 0}
        number = 0

        def send(kind: str, **fields: object) -> None:
            nonlocal number
            event = {"type": kind, "sequence_number": number, **fields}
            number += 1
            data = f"event: {kind}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

        send("response.created", response=response)
        for _ in range(DELTAS):
            send("response.output_text.delta", delta="x", logprobs=[], **place)
        send("response.output_text.done", text="x" * DELTAS, logprobs=[], **place)
        message = {
            "type": "message",
            "id": "m",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "x" * DELTAS, "annotations": []}],
        }
        usage = {
            "input_tokens": 1,
            "output_tokens": 1,
            "total_tokens": 2,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        send("response.completed", response={**response, "status": "completed", "output": [message], "usage": usage})
        data = b"data: [DONE]\n\n"
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None:
        """Silent."""


async def measure_astrbot(archive: Path, url: str) -> None:
    """Installs the plugin, starts AstrBot again without it, and then lets it load it."""
    from astr import PLUGIN, QQ_TOKEN, AstrBot, Skipped
    from onebot import QQ

    astr = AstrBot(new=False, model_url=url)
    aside = astr.folder / PLUGIN
    try:
        await astr.prepare()
        for measured in (False, True):
            if measured:
                astr.plugin_dir.rename(aside)
            await astr.start()
            qq = QQ(astr.qq_port, QQ_TOKEN)
            await qq.connect()
            await astr.login()
            if not measured:
                await astr.install(archive)
                await astr.configure(gateway_primary_url=url, gateway_bearer_token=TOKEN)
            else:
                await qq.ask(10001, "/help", "")
                await astr.post("plugin/reload", {})
                before = astr.usage()["kib"]
                aside.rename(astr.plugin_dir)
                await astr.post("plugin/reload", {})
                loaded = astr.usage()["kib"]
                await qq.ask(10001, "/助手 hi", "x" * DELTAS)
                asked = astr.usage()["kib"]
                print(
                    f"AstrBot's process: {before / 1024:.1f} MB without the plugin, "
                    f"{(loaded - before) / 1024:+.1f} MB by loading it, {(asked - before) / 1024:+.1f} MB after one task"
                )
            await qq.close()
            await astr.stop()
    except Skipped as why:
        print(f"AstrBot's process: not measured: {why}")
    finally:
        await astr.close()


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="default: the one that runs this")
    parser.add_argument("--zip", type=Path, help="the plugin, to be measured in AstrBot")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(
        f"{'client':16} {'memory':>10} {'import':>10} {'first turn':>12}   (median of {options.rounds}, {DELTAS} deltas)"
    )
    failed = False
    for name, code in CLIENTS.items():
        rounds = []
        for _ in range(options.rounds):
            done = subprocess.run(
                [options.python, "-c", _HEAD + code + _TAIL, url, TOKEN], capture_output=True, text=True
            )
            if done.returncode != 0:
                print(f"{name:16} cannot be measured: {done.stderr.strip().splitlines()[-1]}")
                failed = True
                break
            rounds.append(json.loads(done.stdout))
        else:
            median = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
            print(
                f"{name:16} {median['kib'] / 1024:7.1f} MB {median['import'] * 1000:7.1f} ms {median['turn'] * 1000:9.1f} ms"
            )
    if options.zip:
        asyncio.run(measure_astrbot(options.zip.resolve(), url))
    server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
