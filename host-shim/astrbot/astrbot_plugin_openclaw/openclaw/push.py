"""Messages that answer none: to a chat, of the plugin's own accord."""

from __future__ import annotations

from typing import Any


async def push(context: Any, chat: str, message: Any) -> bool:
    """Sends one; false if the platform takes none. `context`: AstrBot's. Raises whatever the platform raises."""
    manager = getattr(context, "platform_manager", None)
    for platform in manager.get_insts() if manager is not None else ():
        meta = platform.meta()
        # AstrBot itself calls it sent where its adapter does nothing at all.
        if str(meta.id) == chat.split(":", 1)[0] and getattr(meta, "support_proactive_message", True) is False:
            return False
    return bool(await context.send_message(chat, message))
