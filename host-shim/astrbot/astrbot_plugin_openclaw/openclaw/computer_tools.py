"""AstrBot's computer use: its own tools for files and commands, and the levels that they need.

Reading needs L1, writing L2 and commands L3, as long as AstrBot confines them for this sender: to its sandbox, or
to the workspace of the chat. Otherwise, and wherever this cannot tell, they reach the whole host and need L4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from astrbot.core.agent.run_context import ContextWrapper
from astrbot.core.astr_agent_context import AstrAgentContext

#: The levels of confined tools by AstrBot's names.
_CONFINED = {
    "astrbot_file_read_tool": "L1",
    "astrbot_grep_tool": "L1",
    "astrbot_file_write_tool": "L2",
    "astrbot_file_edit_tool": "L2",
    "astrbot_execute_shell": "L3",
    "astrbot_shell_session": "L3",
    "astrbot_execute_python": "L3",
    "astrbot_execute_ipython": "L3",
    "astrbot_download_file": "L3",
    "astrbot_cua_screenshot": "L3",
    "astrbot_cua_mouse_click": "L3",
    "astrbot_cua_keyboard_type": "L3",
    "astrbot_execute_browser": "L3",
    "astrbot_execute_browser_batch": "L3",
    "astrbot_run_browser_skill": "L3",
}

#: Copies any file of the host into the sandbox.
_HOST = {"astrbot_upload_file"}

#: Where AstrBot's own computer-use tools are, by version. One that is not listed above needs L4.
_MODULES = ("astrbot.core.tools.computer_tools", "astrbot.core.computer.")

_FILES = ("astrbot_file_read_tool", "astrbot_grep_tool", "astrbot_file_write_tool", "astrbot_file_edit_tool")

#: What is offered to a task, by AstrBot's setting `computer_use_runtime`.
_OFFERED = {
    "local": (*_FILES, "astrbot_execute_shell", "astrbot_shell_session", "astrbot_execute_python"),
    "sandbox": (*_FILES, "astrbot_execute_shell", "astrbot_execute_ipython"),
}

#: AstrBot's sandboxes. All are containers or virtual machines.
_SANDBOXES = {"shipyard", "shipyard_neo", "boxlite", "cua"}

WHOLE_HOST = "L4"


@dataclass(frozen=True)
class _Reach:
    """What AstrBot lets one sender's tools reach."""

    runtime: str = ""  #: `none`, `local` or `sandbox`.
    files_confined: bool = False
    commands_confined: bool = False
    files: bool = True  #: Whether file tools run at all.
    commands: bool = True  #: Whether commands do.


def is_computer_tool(name: str, tool: Any = None) -> bool:
    """Whether this is one of AstrBot's own computer-use tools. `tool` may be missing."""
    return name in _CONFINED or name in _HOST or type(tool).__module__.startswith(_MODULES)


def least_level(context: Any, event: Any | None, name: str) -> str:
    """The level that a computer-use tool needs for this sender; L4 if it is not known to be confined."""
    level = _CONFINED.get(name)
    if level is None or event is None:
        return WHOLE_HOST
    reach = _reach(context, event)
    confined = reach.commands_confined if level == "L3" else reach.files_confined
    return level if confined else WHOLE_HOST


def offered(context: Any, event: Any) -> list[Any]:
    """AstrBot's computer-use tools that this sender could run; none where AstrBot's computer use is off, or
    where its version has no such tools for plugins."""
    manager = context.get_llm_tool_manager()
    if not hasattr(manager, "get_builtin_tool"):
        return []
    reach = _reach(context, event)
    found = []
    for name in _OFFERED.get(reach.runtime, ()):
        try:
            tool = manager.get_builtin_tool(name)
        except KeyError:
            continue  # Another version.
        if reach.files if name in _FILES else reach.commands:
            found.append(tool)
    return found


def _reach(context: Any, event: Any) -> _Reach:
    """Asks AstrBot's own policy. Whatever is unknown counts as the whole host."""
    try:
        settings = context.get_config(umo=event.unified_msg_origin).get("provider_settings", {})
        runtime = settings.get("computer_use_runtime")
        if runtime == "sandbox":
            confined = settings.get("sandbox", {}).get("booter", "shipyard_neo") in _SANDBOXES
            return _Reach(runtime, confined, confined)
        if runtime != "local":
            return _Reach(str(runtime), files=False, commands=False)
        # Older versions have no such policy: there, everything runs on the host.
        from astrbot.core.tools.computer_tools.util import get_local_permission_policy

        policy = get_local_permission_policy(ContextWrapper(context=AstrAgentContext(context=context, event=event)))
        workspace = policy.filesystem_scope == "workspace"
        # A sandbox whose scope is the host binds all of it, writable.
        return _Reach(
            runtime,
            files_confined=workspace,
            commands_confined=workspace and policy.requires_sandbox is True,
            files=policy.filesystem_scope != "none",
            commands=policy.allow_execution is True,
        )
    except Exception:
        return _Reach()
