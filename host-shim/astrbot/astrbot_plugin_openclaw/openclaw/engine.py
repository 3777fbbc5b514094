"""The one plugin instance, shared by the chat commands and the chat model."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from astr_openclaw import (
    Attachment,
    ConfigError,
    Diagnosis,
    Fault,
    LoadError,
    Plugin,
    Status,
    Tool,
    Turn,
    TurnContext,
    shipped_component,
)
from astrbot.api import logger

from .guard_state import GuardState
from .live_turns import LiveTurns
from .memory_history import MemoryHistory
from .reentry import inside_command
from .settings import PLUGIN, Settings
from .texts import say
from .user_quota import QuotaExceeded, UserQuota

#: How many faults the status page lists.
_LAST_FAULTS = 20

#: Seconds to wait for the guards' state, which normally takes a millisecond.
_SNAPSHOT_LIMIT = 5.0

#: How often `status_now` tries, every tenth of a second.
_STATUS_TRIES = 20

#: State and failures of each gateway's breaker.
_Breakers = dict[str, tuple[str, int]]


class Engine:
    """Loads the component and runs turns. Problems are kept and reported instead of raised."""

    def __init__(self, settings: Settings, plugin_dir: Path, data_dir: Path) -> None:
        self.settings = settings
        self._wasm = plugin_dir / "openclaw_plugin.wasm"
        self._schema = plugin_dir / "_conf_schema.json"
        self._cache = data_dir / "components"
        self._guards = GuardState(data_dir / "guards.json")
        self._quotas = {
            "interactive": UserQuota(settings.user_share, settings.places),
            "background": UserQuota(settings.user_share, settings.background_places),
        }
        self._plugin: Plugin | None = None
        self.problem: str | None = None  #: Why no turn can run, in one line.
        self.component_problem: str | None = None  #: Why the plugin folder's `.wasm` is not used.
        self.last_faults: deque[dict[str, Any]] = deque(maxlen=_LAST_FAULTS)
        self._kept: _Breakers | None = None  # The breakers as they are stored.
        self.live = LiveTurns()  #: Filled by `Approvals.of_turn`.
        self.memory_history = MemoryHistory(self._read_memory)
        self.ended = False

    async def start(self) -> None:
        """Loads the component. Never raises for a user's mistake."""
        self.last_faults.extend(self._guards.last_faults)
        self.memory_history.restore(self._guards.memory)
        # Left over from killed compilers; none is running yet.
        with suppress(OSError):
            for left in self._cache.glob(".tmp*"):
                left.unlink()
        if self.settings.problems:
            self._broken(self._say("semicolon").join(self.settings.problems))
            return
        for wasm in (self._wasm, shipped_component()):
            try:
                self._plugin = await self._load(wasm)
                break
            except ConfigError as error:
                self._broken(self._named(error))
                return
            except (LoadError, Fault) as error:
                if self.component_problem is not None:
                    self._broken(self._say("no_component", why=self._why(error)))
                    return
                self.component_problem = self._why(error)
                logger.error(f"[{PLUGIN}] {say('zh', 'component_refused', why=self.component_problem)}")
        if self._plugin is not None:
            with suppress(Fault):
                self._kept = _breakers(self._plugin.status())
            component = self._plugin.component
            logger.info(f"[{PLUGIN}] 组件 {component.world} sha256:{component.sha256[:12]} 已加载（{component.code}）")

    async def _load(self, wasm: Path) -> Plugin:
        async def load(snapshot: bytes | None) -> Plugin:
            return await Plugin.load(
                self.settings.module,
                component=wasm,
                cache_dir=self._cache,
                snapshot=snapshot,
                workspace=self.settings.workspace or None,
            )

        try:
            return await load(self._guards.snapshot)
        except ConfigError:
            raise
        except ValueError as error:
            logger.error(f"[{PLUGIN}] 防护状态无法沿用，从头开始：{error}")
            self._guards.snapshot = None
            return await load(None)

    def _named(self, error: ConfigError) -> str:
        """The error, with the setting's Chinese name from the config page."""
        try:
            schema = json.loads(self._schema.read_text("utf-8")) if self.settings.locale == "zh" else {}
        except (OSError, ValueError):
            schema = {}
        inner = [entry["items"] for entry in schema.values() if entry.get("type") == "object"]
        for entries in (schema, *inner):
            if (entry := entries.get(error.key)) is not None:
                return f"{error.key}（{entry['description']}）：{error.message}"
        return _line(error)

    def _why(self, error: LoadError | Fault) -> str:
        """Why a component does not run. The module's own message is English and comes last."""
        if isinstance(error, LoadError):
            return self._say(error.kind, why=_line(error))
        return _line(error)

    def _broken(self, problem: str) -> None:
        self.problem = problem
        logger.error(f"[{PLUGIN}] 配置有误：{problem}")

    async def stop(self) -> None:
        """Ends every turn and the component, and waits for them. The guards' state is stored, so that a reload
        or restart does not close a breaker."""
        self.ended = True
        self.memory_history.stop()
        plugin, self._plugin = self._plugin, None
        if plugin is None:
            return
        try:
            await self._keep(plugin)
        finally:
            await plugin.close()

    async def _keep(self, plugin: Plugin) -> bool:
        """Stores the guards' state; whether that was possible."""
        try:
            snapshot = await asyncio.wait_for(plugin.snapshot(), _SNAPSHOT_LIMIT)
            self._guards.keep(snapshot, list(self.last_faults), self.memory_history.kept())
        except (Fault, OSError, asyncio.TimeoutError, TimeoutError) as error:
            logger.error(f"[{PLUGIN}] 防护状态无法保存：{error!r}")
            return False
        return True

    async def _keep_changes(self) -> None:
        """Stores the guards' state if a breaker has changed: AstrBot may be killed at any time."""
        plugin = self._plugin
        if plugin is None:
            return
        with suppress(Fault):
            status = await self.status_now()
            # A status that is not fresh may hide a change.
            self.saw_memory(status)
            breakers = _breakers(status) if status.fresh else None
            if (breakers is None or breakers != self._kept) and await self._keep(plugin):
                self._kept = breakers

    def running(self) -> Plugin:
        """The running plugin; raises a `Fault` if there is none."""
        if self._plugin is None:
            code = "cancelled" if self.ended else "config_invalid"
            raise Fault.of(code, self.problem or self._say("stopped"), self.settings.locale)
        return self._plugin

    def fault(self, code: str, text: str, /, **values: object) -> Fault:
        """A fault of the Star's own, with a text from the catalogue."""
        return Fault.of(code, self._say(text, **values), self.settings.locale)

    def _say(self, text: str, /, **values: object) -> str:
        return say(self.settings.locale, text, **values)

    async def check_heavy(self) -> None:
        """Raises a `Fault` if a heavy turn would be refused now, before anything is read for it. The component
        checks again when the turn starts."""
        memory = (await self.status_now()).memory
        if not memory.heavy_allowed:
            available = "?" if memory.available_mib is None else memory.available_mib
            raise self.fault("heavy_task_refused", "heavy", available=available)

    def ask(
        self,
        text: str,
        *,
        session: str,
        level: str,
        asker: str | None = None,
        admin: bool = False,
        instructions: str = "",
        attachments: Iterable[Attachment] = (),
        tools: Iterable[Tool] = (),
        context: TurnContext | None = None,
        patience: str = "interactive",
        files: bool = False,
    ) -> Turn:
        """Starts a turn. Raises `Fault` if no plugin is running, if `asker` (None if unknown) has used up their
        share of the queue for this patience, or from inside a command that a turn is running. One place is
        reserved for admins."""
        plugin = self.running()
        if inside_command():
            raise self.fault("busy", "inside_command")
        quota = self._quotas[patience]
        try:
            quota.admit(asker, admin=admin)
        except QuotaExceeded as full:
            raise self.fault("busy", full.key, **full.values) from None
        turn = plugin.ask(
            text,
            session=session,
            level=level,
            instructions=instructions,
            attachments=attachments,
            tools=tools,
            context=context,
            patience=patience,
            files=files,
        )
        quota.add(turn, asker)
        self.memory_history.used()
        return turn

    def cancel_all(self) -> list[Turn]:
        """Cancels every turn, of commands and chat model alike; returns them."""
        turns = [turn for quota in self._quotas.values() for turn in quota.under_way()]
        for turn in turns:
            turn.cancel()
        return turns

    def saw_memory(self, status: Status) -> None:
        """Keeps what a status says about the memory."""
        if status.fresh:
            self.memory_history.add(status.memory.available_mib)

    def _read_memory(self) -> None:
        with suppress(Fault):
            self.saw_memory(self.status())

    def status(self) -> Status:
        """The guards' state; raises `Fault` if no plugin is running."""
        return self.running().status()

    async def status_now(self) -> Status:
        """As `status`, but waits up to two seconds for a fresh one."""
        for _ in range(_STATUS_TRIES):
            status = self.status()
            if status.fresh:
                break
            await asyncio.sleep(0.1)
        return status

    async def diagnose(self) -> Diagnosis:
        """Checks everything without calling a model; raises `Fault` if no plugin is running."""
        return await self.running().diagnose(self.settings.locale)

    async def reset(self) -> None:
        """Closes the breakers."""
        self.running().reset()
        await self._keep_changes()

    async def turn_ended(self, fault: Fault | None = None) -> None:
        """Await it before sending how a turn ended, so that an open breaker survives a kill. Lists the fault on the
        status page, without texts or tokens."""
        if fault is not None and fault.code != "cancelled":
            self.last_faults.appendleft(
                {"time": time.time(), "code": fault.code, "cause": fault.cause, "remedy": fault.remedy}
            )
        await self._keep_changes()


def _breakers(status: Status) -> _Breakers:
    return {name: (breaker.state, breaker.failures) for name, breaker in status.breakers.items()}


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
