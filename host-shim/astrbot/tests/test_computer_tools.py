"""AstrBot's computer use: which of its tools are offered, at which level, and that whatever is not known to be
confined counts as the whole host."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fake_astrbot import FunctionTool, ToolSet
from fake_commands import Event
from openclaw import tools
from openclaw.settings import Settings

pytestmark = pytest.mark.asyncio

READ, GREP, WRITE, EDIT = (f"astrbot_{n}" for n in ("file_read_tool", "grep_tool", "file_write_tool", "file_edit_tool"))
SHELL, SESSION, PYTHON = "astrbot_execute_shell", "astrbot_shell_session", "astrbot_execute_python"
IPYTHON, UPLOAD = "astrbot_execute_ipython", "astrbot_upload_file"
NAMES = (READ, GREP, WRITE, EDIT, SHELL, SESSION, PYTHON, IPYTHON, UPLOAD)


@dataclass
class Policy:
    """As AstrBot's."""

    filesystem_scope: str
    allow_execution: bool = True
    allow_network: bool = True

    @property
    def requires_sandbox(self) -> bool:
        return self.allow_execution and (not self.allow_network or self.filesystem_scope != "host")


class Manager:
    """AstrBot's, of a version that has built-in tools. They say who they ran for."""

    def __init__(self) -> None:
        self.func_list: list[Any] = []

    def get_builtin_tool(self, name: str) -> FunctionTool:
        if name not in NAMES:
            raise KeyError(name)
        return FunctionTool(name)

    def get_full_tool_set(self) -> ToolSet:
        return ToolSet(self.func_list)


class Rig:
    """An AstrBot with settings of its own."""

    def __init__(self) -> None:
        self.provider: dict[str, Any] = {"computer_use_runtime": "local"}
        self.policies = {"admin": Policy("host"), "member": Policy("workspace", allow_execution=False)}
        self.manager = Manager()
        self.context: Any = types.SimpleNamespace(
            get_config=lambda umo: {"provider_settings": self.provider}, get_llm_tool_manager=lambda: self.manager
        )
        self.ran: list[tuple[str, str]] = []

    def policy(self, wrapper: Any) -> Policy:
        return self.policies["admin" if wrapper.context.event.role == "admin" else "member"]

    def of_turn(self, event: Event, **more: Any) -> dict[str, Any]:
        settings = Settings.read({"computer_use": True, "gateway_bearer_token": "t", **more})
        assert settings.problems == []
        engine: Any = types.SimpleNamespace(settings=settings)
        own = {"astrbot_status", "astrbot_providers", "astrbot_plugins", "astrbot_commands"}
        return {t.name: t for t in tools.of_turn(self.context, event, engine) if t.name not in own}

    def levels(self, event: Event, **more: Any) -> dict[str, str]:
        return {name: tool.level for name, tool in self.of_turn(event, **more).items()}


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    rig = Rig()
    util = types.ModuleType("astrbot.core.tools.computer_tools.util")
    util.get_local_permission_policy = rig.policy  # type: ignore[attr-defined]
    for name in ("astrbot.core.tools", "astrbot.core.tools.computer_tools"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, util.__name__, util)

    class Wrapper(types.SimpleNamespace):
        pass

    class Executor:
        @staticmethod
        async def execute(tool: Any, wrapper: Any, **_: Any) -> Any:
            rig.ran.append((tool.name, wrapper.context.event.role))
            yield types.SimpleNamespace(content=[types.SimpleNamespace(text="ran", type="text")])

    for module in ("openclaw.computer_tools", "openclaw.tools"):
        monkeypatch.setattr(f"{module}.ContextWrapper", Wrapper)
        monkeypatch.setattr(f"{module}.AstrAgentContext", Wrapper)
    monkeypatch.setattr("openclaw.tools.FunctionToolExecutor", Executor)
    yield rig


FILES = {READ: "L1", GREP: "L1", WRITE: "L2", EDIT: "L2"}
HOST = dict.fromkeys(FILES, "L4")


async def test_off_unless_both_sides_switch_it_on(rig: Rig) -> None:
    assert rig.levels(Event(), computer_use=False) == {}
    for runtime in ("none", "", None, "remote"):
        rig.provider["computer_use_runtime"] = runtime
        assert rig.levels(Event()) == {}
    rig.provider.clear()
    assert rig.levels(Event()) == {}
    # AstrBot 4.14 has no such tools for plugins.
    rig.context.get_llm_tool_manager = lambda: types.SimpleNamespace(func_list=[])
    assert rig.levels(Event()) == {}


async def test_a_workspace_is_confined_and_the_host_needs_l4(rig: Rig) -> None:
    # AstrBot's own defaults: members have files in the workspace, admins the whole host.
    assert rig.levels(Event()) == FILES
    assert rig.levels(Event(admin=True)) == {**HOST, SHELL: "L4", SESSION: "L4", PYTHON: "L4"}
    rig.policies["member"] = Policy("workspace")
    assert rig.levels(Event()) == {**FILES, SHELL: "L3", SESSION: "L3", PYTHON: "L3"}


async def test_a_sandbox_that_shows_the_host_is_the_host(rig: Rig) -> None:
    # bubblewrap binds `/` writable then.
    rig.policies["admin"] = Policy("host", allow_network=False)
    assert set(rig.levels(Event(admin=True)).values()) == {"L4"}


async def test_what_astrbot_does_not_allow_is_not_offered(rig: Rig) -> None:
    rig.policies["member"] = Policy("none", allow_execution=False)
    assert rig.levels(Event()) == {}


async def test_astrbots_sandbox(rig: Rig) -> None:
    rig.provider["computer_use_runtime"] = "sandbox"
    assert rig.levels(Event(admin=True)) == {**FILES, SHELL: "L3", IPYTHON: "L3"}
    for booter in ("shipyard", "shipyard_neo", "boxlite", "cua"):
        rig.provider["sandbox"] = {"booter": booter}
        assert rig.levels(Event())[SHELL] == "L3"
    rig.provider["sandbox"] = {"booter": "bare_metal"}
    assert set(rig.levels(Event()).values()) == {"L4"}


async def test_the_unknown_is_the_whole_host(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.read({})

    def level(name: str, event: Any, tool: Any = None) -> str:
        return tools.needs_of(rig.context, event, name, settings, tool).level

    assert (level(READ, Event()), level(READ, Event(admin=True)), level(READ, None)) == ("L1", "L4", "L4")
    assert level(UPLOAD, Event()) == "L4"
    new = type("NewTool", (), {"__module__": "astrbot.core.tools.computer_tools.new"})()
    assert level("astrbot_new", Event(), new) == "L4" and level("other", Event(), FunctionTool("other")) == "L2"

    def broken(_wrapper: Any) -> Policy:
        raise RuntimeError("another version")

    util = "astrbot.core.tools.computer_tools.util"
    monkeypatch.setattr(sys.modules[util], "get_local_permission_policy", broken)
    assert level(READ, Event()) == "L4" and rig.levels(Event()) == {}
    # AstrBot 4.14 offers its shell to its chat model and has no policy at all.
    monkeypatch.delitem(sys.modules, util)
    assert level(SHELL, Event()) == level(SHELL, Event(admin=True)) == "L4"


async def test_the_settings_can_only_raise_a_level(rig: Rig) -> None:
    assert rig.levels(Event(), tool_levels={"L0": [READ], "L3": [WRITE]}) == {**FILES, WRITE: "L3"}
    assert rig.levels(Event(admin=True), tool_levels={"L1": [SHELL]})[SHELL] == "L4"


async def test_an_admin_approves_from_l3_up(rig: Rig) -> None:
    rig.policies["member"] = Policy("workspace")
    found = rig.of_turn(Event())
    assert {name: found[name].approval for name in (READ, WRITE, SHELL)} == {
        READ: "none",
        WRITE: "none",
        SHELL: "admin",
    }
    assert {tool.approval for tool in rig.of_turn(Event(admin=True)).values()} == {"admin"}


async def test_an_admin_who_does_not_count_here_acts_as_a_member(rig: Rig) -> None:
    event = Event(admin=True)
    found = rig.of_turn(event, admin_platforms=["telegram"])
    assert {name: tool.level for name, tool in found.items()} == FILES
    assert await found[READ].run(path="x") == "ran"
    assert rig.ran == [(READ, "member")] and event.role == "admin"


async def test_a_policy_that_changes_after_the_offer_is_noticed(rig: Rig) -> None:
    found = rig.of_turn(Event())
    assert await found[WRITE].run(path="x", content="y") == "ran"
    rig.policies["member"] = Policy("host")
    with pytest.raises(PermissionError, match="L4"):
        await found[WRITE].run(path="x", content="y")
    assert len(rig.ran) == 1


async def test_what_reaches_beyond_the_chat_needs_l4_whatever_the_settings_say(rig: Rig) -> None:
    # Of 4.14.6 and of 4.29.1.
    strong = ("transfer_to_coder", "send_message_to_user", "future_task")
    strong += ("create_future_task", "delete_future_task", "list_future_tasks")
    rig.manager.func_list = [FunctionTool(name) for name in (*strong, "weather")]
    for listed in ({}, {"L0": list(strong), "L1": ["weather"]}):
        found = rig.of_turn(Event(admin=True), tool_levels=listed, computer_use=False)
        assert {tool.level for name, tool in found.items() if name != "astrbot_weather"} == {"L4"}
        assert {tool.approval for name, tool in found.items() if name != "astrbot_weather"} == {"admin"}
        assert found["astrbot_weather"].level == ("L1" if listed else "L2") and len(found) == 7
    # However its agent is called.
    handoff = type("Renamed", (type("HandoffTool", (), {}),), {})()
    assert tools.needs_of(rig.context, Event(), "coder", Settings.read({}), handoff).level == "L4"


async def test_astrbots_own_list_does_not_bring_them_back(rig: Rig) -> None:
    rig.manager.func_list = [FunctionTool(SHELL), FunctionTool("execute_shell"), FunctionTool("weather")]
    assert rig.levels(Event(), computer_use=False) == {SHELL: "L2", "astrbot_weather": "L2"}
    rig.policies["member"] = Policy("workspace")
    assert rig.levels(Event())[SHELL] == "L3", "a plugin's tool took the name"
