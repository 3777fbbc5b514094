"""Asks one question and prints the whole answer.

OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=… python ask.py "What is new?"
"""

import asyncio
import sys

from astr_openclaw import Fault, Plugin


async def main(question: str) -> int:
    async with await Plugin.load() as plugin:  # The environment names the gateway.
        try:
            reply = await plugin.ask(question).reply()
        except Fault as fault:
            print(f"{fault}\n{fault.cause}\n{fault.remedy}", file=sys.stderr)
            return 1
    print(reply.text)
    return 0


sys.exit(asyncio.run(main(sys.argv[1])))
