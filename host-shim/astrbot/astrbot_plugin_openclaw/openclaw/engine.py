"""The one plugin instance behind both doors, the chat commands and the chat model."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from astrbot.api import logger
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
    fault_table,
    shipped_component,
)

from .settings import PLUGIN, Settings

#: Faults that the status page lists.
_LAST_FAULTS = 20


class Engine:
    """Loads the component and asks it; keeps what is wrong, instead of failing."""

    def __init__(self, settings: Settings, plugin_dir: Path, data_dir: Path) -> None:
        self.settings = settings
        self._wasm = plugin_dir / "openclaw_plugin.wasm"
        self._cache = data_dir / "components"
        self._plugin: Plugin | None = None
        self.problem: str | None = None
        """Why nothing can be asked, in one line; None if all is well."""
        self.component_problem: str | None = None
        """Why the `.wasm` in the plugin's folder is not the one that runs."""
        self.last_faults: deque[dict[str, Any]] = deque(maxlen=_LAST_FAULTS)
        self.ended = False

    async def start(self) -> None:
        """Loads the component. Never raises for what a user can have done wrong."""
        if self.settings.problems:
            self._broken("; ".join(self.settings.problems))
            return
        try:
            self._plugin = await self._load(self._wasm)
        except ConfigError as error:
            self._broken(str(error))
        except LoadError as error:
            self.component_problem = " ".join(str(error).split())
            logger.error(f"[{PLUGIN}] {self._wasm.name} 未被采用，继续使用自带的组件：{self.component_problem}")
            try:
                self._plugin = await self._load(shipped_component())
            except (ConfigError, LoadError) as second:
                self._broken(" ".join(str(second).split()))
        if self._plugin is not None:
            component = self._plugin.component
            logger.info(f"[{PLUGIN}] 组件 {component.world} sha256:{component.sha256[:12]} 已加载（{component.code}）")

    async def _load(self, wasm: Path) -> Plugin:
        return await Plugin.load(self.settings.module, component=wasm, cache_dir=self._cache)

    def _broken(self, problem: str) -> None:
        self.problem = problem
        logger.error(f"[{PLUGIN}] 配置有误：{problem}")

    async def stop(self) -> None:
        """Ends every turn and the component; returns when they have ended."""
        self.ended = True
        plugin, self._plugin = self._plugin, None
        if plugin is not None:
            await plugin.close()

    def running(self) -> Plugin:
        """The running plugin. Raises the fault that every command then answers with."""
        if self._plugin is None:
            code = "cancelled" if self.ended else "config_invalid"
            row = next(row for row in fault_table(self.settings.locale) if row["code"] == code)
            message = self.problem or "插件正在重载，请稍后再试"
            raise Fault(code, message, cause=row["cause"], remedy=row["remedy"])
        return self._plugin

    def ask(
        self,
        text: str,
        *,
        session: str,
        level: str,
        instructions: str = "",
        attachments: Iterable[Attachment] = (),
        tools: Iterable[Tool] = (),
    ) -> Turn:
        """Asks the gateway; raises `Fault` if there is nothing that could be asked."""
        return self.running().ask(
            text,
            session=session,
            level=level,
            instructions=instructions,
            attachments=attachments,
            tools=tools,
        )

    def status(self) -> Status:
        """What the guards know; raises `Fault` if there is no component."""
        return self.running().status()

    async def diagnose(self) -> Diagnosis:
        """Looks at everything without a model call; raises `Fault` if there is no component."""
        return await self.running().diagnose(self.settings.locale)

    def reset(self) -> None:
        """Closes the breakers."""
        self.running().reset()

    def remember(self, fault: Fault) -> None:
        """For the status page: what went wrong lately. Neither texts nor tokens."""
        if fault.code != "cancelled":
            self.last_faults.appendleft(
                {"time": time.time(), "code": fault.code, "cause": fault.cause, "remedy": fault.remedy}
            )
