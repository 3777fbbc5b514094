"""The plugin: loading it and starting turns."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Union

from . import _bridge, _component, _native
from ._json import decode, valid_json, valid_text
from ._native import MAX_ATTACHMENT_BYTES
from ._turn import Turn
from .errors import ConfigError, LoadError, translated
from .types import (
    Approve,
    Attachment,
    ComponentInfo,
    Diagnosis,
    Status,
    Tool,
    TurnContext,
    check_level,
    check_patience,
    check_role,
)

#: A dict with the keys of `CONFIG_KEYS`, the path of a TOML or JSON file, or None for the
#: environment (``OPENCLAW_GATEWAY_URL``, ``OPENCLAW_GATEWAY_TOKEN``, …).
Config = Union[Mapping[str, Any], str, "os.PathLike[str]", None]

#: Every config key.
CONFIG_KEYS: tuple[str, ...] = tuple(_native.CONFIG_KEYS)

#: Those of them whose values are secret.
SECRET_KEYS: tuple[str, ...] = tuple(_native.SECRET_KEYS)


class Plugin:
    """The OpenClaw plugin: the component with all guards and the client, in this process.

    It can be used from any event loop, also from several. One turn runs at a time; others queue in order,
    background turns after all others.
    """

    def __init__(self, native: Any) -> None:
        """Use `Plugin.load`."""
        self._native = native
        self._component: ComponentInfo = decode(ComponentInfo, json.loads(native.component()))

    @classmethod
    async def load(
        cls,
        config: Config = None,
        *,
        component: str | os.PathLike[str] | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        snapshot: bytes | None = None,
        workspace: str | os.PathLike[str] | None = None,
    ) -> Plugin:
        """Loads and starts a plugin.

        Args:
            config: See `Config`.
            component: A `.wasm` of the plugin's world. Default: the bundled one, whose machine code is
                bundled too. Any other is first compiled, in its own process, by `host-shim`, which must be on
                the PATH.
            cache_dir: Where machine code of other components is kept. Default: the user's cache folder.
            snapshot: The result of an earlier plugin's `snapshot`, possibly in another process: breakers
                and counters continue. State of gateways at other addresses than the config's is
                dropped; a snapshot that the component rejects is ignored.
            workspace: The folder where the gateway's agents make files, if this machine shares it. OpenClaw before
                August 2026 needs it for `ask(files=True)`; newer gateways hand out files themselves. Only
                regular files in it are read, and no links are followed.

        Raises:
            ConfigError: The config is not accepted.
            LoadError: The component cannot be run.
            Fault: The component crashed while taking the config.
            ValueError: `snapshot` is not from this version.
        """
        if snapshot is not None and not isinstance(snapshot, bytes):
            raise ValueError(f"a snapshot is bytes, not a {type(snapshot).__name__}")
        code = await _component.find_code(component, cache_dir)
        try:
            return await cls._load(config, code, snapshot, workspace)
        except LoadError as error:
            if error.kind != "artifact":
                raise
            refused = error
        # Made by another version of the shim or for another machine, or where others can write: made anew.
        try:
            code = await _component.find_code(component, cache_dir, again=True)
        except LoadError as error:
            if error.kind != "no_compiler":
                raise
            raise LoadError(f"{refused}; {error}", "no_compiler") from None
        return await cls._load(config, code, snapshot, workspace)

    @classmethod
    async def _load(
        cls, config: Config, code: _component.Code, snapshot: bytes | None, workspace: str | os.PathLike[str] | None
    ) -> Plugin:
        source = {**code._asdict(), "snapshot": snapshot, "workspace": workspace}
        if isinstance(config, Mapping):
            source["config_text"] = _config_text(config)
        elif config is not None:
            source["config_file"] = _config_file(config)
        with translated(_locale(config)):
            return cls(await _bridge.run(_native.load(**source)))

    def ask(
        self,
        text: str,
        *,
        session: str = "astr_openclaw",
        level: str = "L0",
        heavy: bool = False,
        instructions: str = "",
        attachments: Iterable[Attachment | str | os.PathLike[str]] = (),
        tools: Iterable[Tool] = (),
        context: TurnContext | None = None,
        approve: Approve | None = None,
        patience: str = "interactive",
        files: bool = False,
    ) -> Turn:
        """Starts a turn and returns at once. Needs a running event loop.

        Args:
            text: The user's text. May be empty only with an attachment.
            session: Turns with the same session, byte for byte, continue one conversation.
            level: The requested level; the guards and the config may lower it.
            heavy: Marks the turn as heavy, whatever it looks like.
            instructions: Added to the agent's instructions for this turn.
            attachments: Images and files, or their paths. They make the turn heavy.
            tools: What the model may call. Tools above the effective level are not offered.
            context: Who is talking. The model gets it as marked, untrusted data.
            approve: An async function that decides about calls of tools with an ``approval``: it gets the
                `ApprovalRequest` and returns a bool or a `Decision`. It runs whether or not the events are
                read, and is cancelled when the request ends otherwise. If it raises or returns anything else,
                or the person it names may not approve, that means no. Without it, use `decide`.
            patience: See `PATIENCES`. A ``background`` turn waits until no other does, has its own places in the
                queue, and may wait longer.
            files: Whether the agent may send files of its workspace, which come as `File` events, from the level
                ``files_level`` on.

        Raises:
            ValueError: The level or patience is unknown, or a file cannot be attached.
            TypeError: `approve` is not callable.
        """
        if approve is not None and not callable(approve):
            raise TypeError(f"`approve` is an async function, not a {type(approve).__name__}")
        offered = list(tools)
        attached = _read(attachments)
        request = valid_json(
            {
                "text": text,
                "session": session,
                "level": check_level(level),
                "heavy": heavy,
                "patience": check_patience(patience),
                "files": files,
                "instructions": instructions,
                "tools": [
                    {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                        "level": tool.level,
                        "approval": tool.approval,
                    }
                    for tool in offered
                ],
                "context": None if context is None else asdict(context),
            }
        )
        data = [(valid_text(file.media_type), valid_text(file.filename), file.data) for file in attached]
        limits = {valid_text(tool.name): tool.timeout for tool in offered if tool.timeout is not None}
        approves = approve is not None
        return Turn(
            lambda box, key: self._native.ask(request, data, limits, approves, box.native, key), offered, approve
        )

    async def decide(self, turn_id: str, request_id: str, approve: bool, *, by: str, role: str) -> None:
        """Decides about a pending approval request of a running turn, in any event loop. ``by``: who decides, for
        the record; ``role``: what they are to the turn, see `ROLES`. You vouch for both.

        Raises:
            DecideError: It is not pending, has been decided, or this person may not decide it.
            Fault: The component crashed or the plugin is closed.
            ValueError: The role is unknown.
        """
        if not isinstance(approve, bool):
            raise TypeError(f"`approve` is a bool, not a {type(approve).__name__}")
        with translated():
            decided = self._native.decide(valid_text(turn_id), valid_text(request_id), approve, by, check_role(role))
            await _bridge.run(decided)

    def status(self) -> Status:
        """The guards' state. Waits at most 20 ms: if the component is busy, the last known state is returned
        with ``fresh`` false. Raises `Fault` with ``cancelled`` once closed, or ``plugin_trapped``."""
        with translated():
            text, fresh = self._native.status()
        status: Status = decode(Status, {**json.loads(text), "fresh": fresh})
        return status

    def reset(self) -> None:
        """Closes the breakers and forgets their failures. Running turns are not affected."""
        with translated():
            self._native.reset()

    async def snapshot(self) -> bytes:
        """The guards' state (breakers, counters), for a later `load`. Contains neither tokens nor texts, so
        it can be stored."""
        with translated():
            return bytes(await _bridge.run(self._native.snapshot()))

    async def diagnose(self, locale: str | None = None) -> Diagnosis:
        """Checks config, memory, breakers and gateways without calling a model. `locale`: ``en`` or ``zh``;
        None for the config's."""
        with translated():
            diagnosis: Diagnosis = decode(Diagnosis, json.loads(await _bridge.run(self._native.diagnose(locale))))
        return diagnosis

    async def configure(self, config: Mapping[str, Any]) -> None:
        """Replaces the config; a running turn keeps the old one. Raises `ConfigError`; nothing has changed
        then."""
        with translated(_locale(config)):
            await _bridge.run(self._native.configure(_config_text(config)))

    @property
    def component(self) -> ComponentInfo:
        """Facts about the loaded component."""
        return self._component

    async def close(self) -> None:
        """Cancels every turn and waits until all have ended."""
        with translated():
            await _bridge.run(self._native.close())

    async def __aenter__(self) -> Plugin:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())


def _locale(config: Config) -> str:
    return str(config.get("locale", "en")) if isinstance(config, Mapping) else "en"


def _config_text(config: object) -> str:
    if not isinstance(config, Mapping):
        raise ConfigError(f"a config is a dict of settings, not a {type(config).__name__}")
    try:
        return valid_json(dict(config))
    except (TypeError, ValueError, RecursionError) as error:
        # The text of the error names a type, never a value.
        raise ConfigError(f"the config cannot be written as JSON: {error}") from None


def _config_file(config: object) -> str:
    try:
        path = os.fsdecode(config)  # type: ignore[arg-type]
        os.fsencode(path)
        return path
    except TypeError:
        raise ConfigError(
            f"a config is a dict of settings or the path of a file, not a {type(config).__name__}"
        ) from None
    except ValueError:
        raise ConfigError("the path of the config file is no valid text") from None


def _read(attachments: Iterable[Attachment | str | os.PathLike[str]]) -> list[Attachment]:
    """The attachments, with paths read, as long as all fit into one request."""
    files: list[Attachment] = []
    room = MAX_ATTACHMENT_BYTES
    for item in attachments:
        if isinstance(item, Attachment):
            files.append(item)
        else:
            files.append(Attachment.from_path(item, room=max(room, 0)))
        room -= len(files[-1].data)
    return files
