"""The OpenClaw Gateway from Python, guarded by a WebAssembly component in this process.

import asyncio, astr_openclaw

async def main():
    async with await astr_openclaw.Plugin.load({"gateway_primary_url": "…", "gateway_bearer_token": "…"}) as plugin:
        async for event in plugin.ask("What is new?"):
            print(event.text if isinstance(event, astr_openclaw.Delta) else "", end="", flush=True)

asyncio.run(main())
"""

from ._component import command_line, default_cache_dir, shipped_component
from ._json import valid_text
from ._native import MAX_ATTACHMENT_BYTES, mask_piece, mask_tokens
from ._native import VERSION as __version__
from ._plugin import CONFIG_KEYS, SECRET_KEYS, Config, Plugin
from ._turn import Turn
from .errors import ConfigError, Fault, ForkError, LoadError, fault_table
from .types import (
    LEVELS,
    Attachment,
    Breaker,
    Check,
    ComponentInfo,
    Counters,
    Delta,
    Diagnosis,
    Event,
    Memory,
    Notice,
    Reply,
    Status,
    Tool,
    ToolCall,
    ToolEnded,
    Usage,
)

__all__ = [
    "CONFIG_KEYS",
    "LEVELS",
    "MAX_ATTACHMENT_BYTES",
    "SECRET_KEYS",
    "Attachment",
    "Breaker",
    "Check",
    "ComponentInfo",
    "Config",
    "ConfigError",
    "Counters",
    "Delta",
    "Diagnosis",
    "Event",
    "Fault",
    "ForkError",
    "LoadError",
    "Memory",
    "Notice",
    "Plugin",
    "Reply",
    "Status",
    "Tool",
    "ToolCall",
    "ToolEnded",
    "Turn",
    "Usage",
    "__version__",
    "command_line",
    "default_cache_dir",
    "fault_table",
    "mask_piece",
    "mask_tokens",
    "shipped_component",
    "valid_text",
]
