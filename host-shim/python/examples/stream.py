"""Prints an answer while it arrives, and the guards' notices beside it.

OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=… python stream.py "What is new?"
"""

import asyncio
import sys

from astr_openclaw import Delta, Notice, Plugin


async def main(question: str) -> None:
    async with await Plugin.load() as plugin, plugin.ask(question) as turn:
        async for event in turn:
            if isinstance(event, Delta):
                print(event.text, end="", flush=True)
            elif isinstance(event, Notice):
                print(f"[{event.code}] {event.text}", file=sys.stderr)
        print()
        # The gateway's final text counts; joined deltas are only for showing.
        usage = (await turn.reply()).usage
        print(f"output tokens: {usage.output_tokens if usage else 'unknown'}", file=sys.stderr)


asyncio.run(main(sys.argv[1]))
