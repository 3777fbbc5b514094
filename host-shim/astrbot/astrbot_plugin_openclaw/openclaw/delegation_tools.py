"""The names of the tools by which AstrBot's own model delegates. Needs nothing of the module, which may be missing."""

from __future__ import annotations

from typing import Any

#: Hands over a task; looks at tasks.
DELEGATE, LOOK = "delegate_to_openclaw", "openclaw_task"
NAMES = (DELEGATE, LOOK)


def withhold(request: Any) -> None:
    """Takes them out of a request to a model."""
    offered: Any = getattr(request, "func_tool", None)
    for name in NAMES if hasattr(offered, "remove_tool") else ():
        offered.remove_tool(name)
