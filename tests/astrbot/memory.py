"""What a real AstrBot's process gains in memory by loading the plugin and answering one task. Other clients beside ours,
in processes of their own, are measured by `tests/benches/run`.

    PYTHON tests/astrbot/memory.py --zip PLUGIN.zip

Nothing is asserted: memory is the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "canary"))

from left import TOKEN

DELTAS = 200


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


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zip", type=Path, required=True, help="the plugin")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asyncio.run(measure_astrbot(options.zip.resolve(), f"http://127.0.0.1:{server.server_address[1]}"))
    server.shutdown()


if __name__ == "__main__":
    main()
