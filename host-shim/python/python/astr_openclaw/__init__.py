"""The OpenClaw Gateway from Python, guarded by a WebAssembly component in this process.

    import asyncio
    from astr_openclaw import Delta, Plugin

    async def main():
        plugin = await Plugin.load({"gateway_primary_url": "http://127.0.0.1:18789", "gateway_bearer_token": "…"})
        async for event in plugin.ask("What is new?"):
            if isinstance(event, Delta):
                print(event.text, end="", flush=True)

    asyncio.run(main())
"""

from ._component import command_line, default_cache_dir, shipped_component
from ._native import VERSION as __version__
from ._plugin import CONFIG_KEYS, Config, Plugin
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
    Level,
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
    "Level",
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
    "shipped_component",
]
