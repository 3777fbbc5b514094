"""Asks on the terminal before the model's tool call runs.

OPENCLAW_GATEWAY_URL=http://127.0.0.1:18789 OPENCLAW_GATEWAY_TOKEN=… python approve.py "Delete draft.txt."
"""

import asyncio
import sys

from astr_openclaw import ApprovalRequest, Decision, Plugin, Tool


async def delete(name: str) -> str:
    """A real tool would delete it."""
    return f"deleted {name}"


TOOL = Tool(
    name="delete",
    run=delete,
    description="Deletes a draft.",
    parameters={"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    level="L2",
    approval="asker",
)


async def approve(request: ApprovalRequest) -> Decision:
    """Whoever sits at the terminal is the one who asked. No answer in time means no."""
    for call in request.calls:
        print(f"{call.name} {call.arguments}", file=sys.stderr)
    print(f"Run this? [y/N] ({request.expires_in_seconds:.0f} s) ", end="", file=sys.stderr, flush=True)
    answer = await asyncio.to_thread(sys.stdin.readline)
    return Decision(answer.strip().lower() in ("y", "yes"), by="terminal", role="asker")


async def main(question: str) -> None:
    async with await Plugin.load() as plugin:
        turn = plugin.ask(question, level="L2", tools=[TOOL], approve=approve)
        print((await turn.reply()).text)


asyncio.run(main(sys.argv[1]))
