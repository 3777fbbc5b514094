"""Lets the model call a Python function.

OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=… python tools.py "How warm is it in Beijing?"
"""

import asyncio
import sys

from astr_openclaw import Plugin, Tool, ToolCall


async def temperature(city: str) -> dict[str, object]:
    """A real tool would look it up."""
    return {"city": city, "celsius": 21}


TOOL = Tool(
    name="temperature",
    run=temperature,
    description="The current temperature in a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    level="L1",  # It only reads.
)


async def main(question: str) -> None:
    async with await Plugin.load() as plugin:
        turn = plugin.ask(question, level="L1", tools=[TOOL])
        async for event in turn:
            if isinstance(event, ToolCall):
                print(f"calling {event.name} {event.arguments}", file=sys.stderr)
        print((await turn.reply()).text)


asyncio.run(main(sys.argv[1]))
