"""The OpenClaw Gateway from Python, guarded by a WebAssembly component in this process.

import asyncio, astr_openclaw

async def main():
    async with await astr_openclaw.Plugin.load({"gateway_primary_url": "…", "gateway_bearer_token": "…"}) as plugin:
        async for event in plugin.ask("What is new?"):
            print(event.text if isinstance(event, astr_openclaw.Delta) else "", end="", flush=True)

asyncio.run(main())
"""

from ._component import default_cache_dir as default_cache_dir
from ._component import shipped_component as shipped_component
from ._json import valid_text as valid_text
from ._native import MAX_ATTACHMENT_BYTES as MAX_ATTACHMENT_BYTES
from ._native import VERSION as __version__  # noqa: F401
from ._native import mask_piece as mask_piece
from ._native import mask_tokens as mask_tokens
from ._plugin import CONFIG_KEYS as CONFIG_KEYS
from ._plugin import SECRET_KEYS as SECRET_KEYS
from ._plugin import Config as Config
from ._plugin import Plugin as Plugin
from ._programs import sidecar_program as sidecar_program
from ._turn import Turn as Turn
from .errors import ConfigError as ConfigError
from .errors import DecideError as DecideError
from .errors import Fault as Fault
from .errors import ForkError as ForkError
from .errors import LoadError as LoadError
from .errors import fault_table as fault_table
from .types import APPROVALS as APPROVALS
from .types import LEVELS as LEVELS
from .types import PATIENCES as PATIENCES
from .types import ROLES as ROLES
from .types import ApprovalEnded as ApprovalEnded
from .types import ApprovalRequest as ApprovalRequest
from .types import Approve as Approve
from .types import Attachment as Attachment
from .types import Breaker as Breaker
from .types import Check as Check
from .types import ComponentInfo as ComponentInfo
from .types import Counters as Counters
from .types import Decision as Decision
from .types import Delta as Delta
from .types import Diagnosis as Diagnosis
from .types import Event as Event
from .types import File as File
from .types import Memory as Memory
from .types import Notice as Notice
from .types import PendingApproval as PendingApproval
from .types import Quote as Quote
from .types import Reply as Reply
from .types import Status as Status
from .types import Tool as Tool
from .types import ToolCall as ToolCall
from .types import ToolEnded as ToolEnded
from .types import TurnContext as TurnContext
from .types import Usage as Usage
