"""Finds the machine code of a component: the bundled artifact, or one made by `host-shim` in its own process."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ._programs import NO_WINDOW, NoHostShim, bare_environment, host_shim
from .errors import LoadError

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "component" / "openclaw_plugin.wasm"

#: How every component begins; a core module has another version in it.
_PREAMBLE = b"\0asm\x0d\0\x01\0"

#: Larger than any component of this world.
_MAX_WASM_BYTES = 64 << 20

#: Seconds; compiling takes about one.
_COMPILE_LIMIT = 300.0


class Code(NamedTuple):
    """What the native loader needs."""

    artifact: Path
    wasm_sha256: str


def shipped_component() -> Path:
    """The bundled component."""
    return _SHIPPED


def default_cache_dir() -> Path:
    """The default folder for artifacts of other components."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "astr-openclaw" / "components"


async def find_code(
    component: str | os.PathLike[str] | None, cache_dir: str | os.PathLike[str] | None, *, again: bool = False
) -> Code:
    """The artifact of a component, compiled if necessary; `again` forces that."""
    path = _path("component", component) or _SHIPPED
    folder = _path("cache_dir", cache_dir) or default_cache_dir()
    if path == _SHIPPED:
        # Like an import of our own files: a thread pool would take longer than reading them.
        digest, shipped = _identify(path)
    else:
        digest, shipped = await asyncio.to_thread(_identify, path)
    if shipped and not again:
        return Code(_tightened(_SHIPPED.with_suffix(".cwasm")), digest)
    artifact = folder / f"{digest}.cwasm"
    if again or not _complete(artifact):
        await _compile(path, artifact, own=shipped or path == _SHIPPED)
    return Code(artifact, digest)


def _path(name: str, value: object) -> Path | None:
    if value is None:
        return None
    try:
        return Path(os.fspath(value))  # type: ignore[call-overload]
    except TypeError:
        raise LoadError(f"{name}: expected a path, not a {type(value).__name__}", "unreadable") from None


def _identify(path: Path) -> tuple[str, bool]:
    """The hash of a component, and whether the bundled artifact was made from it. If files of the wheel are missing or
    damaged, the component is compiled instead."""
    digest = _sha256(path)
    artifact = _SHIPPED.with_suffix(".cwasm")
    try:
        made_from = json.loads(_description(artifact).read_bytes())["wasm_sha256"]
    except (OSError, ValueError, TypeError, KeyError):
        return digest, False
    return digest, artifact.is_file() and made_from == digest


def _complete(artifact: Path) -> bool:
    # The description is written after the artifact.
    return artifact.is_file() and _description(artifact).is_file()


def _description(artifact: Path) -> Path:
    """The file that says what an artifact was made from and for."""
    return artifact.with_name(artifact.name + ".json")


def _tightened(artifact: Path) -> Path:
    """Removes write permission for group and others from our own files: the loader rejects code that others can
    write, and pip with a umask of 002 makes such files."""
    if os.name == "posix":
        for path in (artifact, _description(artifact)):
            with suppress(OSError):
                now = path.stat()
                if now.st_mode & 0o022 and now.st_uid == os.geteuid():
                    path.chmod(now.st_mode & 0o755)
    return artifact


def _sha256(path: Path) -> str:
    try:
        # Opening a pipe would block until somebody writes to it.
        if not path.is_file():
            raise LoadError(f"the component {path} is missing or not a regular file", "unreadable")
        # Not by `stat`: files of /proc have no size.
        with path.open("rb") as file:
            content = file.read(_MAX_WASM_BYTES + 1)
        if len(content) > _MAX_WASM_BYTES:
            raise LoadError(f"{path} is too large to be a component", "not_a_component")
        return hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise LoadError(
            f"the component {path} cannot be read: {error}; check the path and its permissions", "unreadable"
        ) from None


def _is_component(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PREAMBLE)) == _PREAMBLE
    except OSError as error:
        raise LoadError(f"the component {path} cannot be read: {error}", "unreadable") from None


async def _compile(wasm: Path, artifact: Path, *, own: bool) -> None:
    """Compiles in another process, which replaces the artifact atomically. `own`: it is the bundled component."""
    if not await asyncio.to_thread(_is_component, wasm):
        raise LoadError(f"{wasm} is not a WebAssembly component", "not_a_component")
    try:
        compiler = await asyncio.to_thread(host_shim)
    except NoHostShim as error:
        remedy = "reinstall the wheel (pip install --force-reinstall astr-openclaw), or: " if own else ""
        raise LoadError(f"{wasm} must be compiled: {remedy}{error}", "no_compiler") from None
    try:
        artifact.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [os.fspath(path) for path in (compiler, "compile", wasm, artifact)]
        code, stderr = await _run(command)
    # Before its base: a timeout is an OSError.
    except (asyncio.TimeoutError, TimeoutError, subprocess.TimeoutExpired):
        raise LoadError(f"timed out after {_COMPILE_LIMIT:.0f} s compiling {wasm}", "not_compiled") from None
    except (OSError, ValueError) as error:
        raise LoadError(f"{wasm} cannot be compiled: {error}", "not_compiled") from None
    if code != 0:
        words = " ".join(stderr.decode("utf-8", "replace").split())
        raise LoadError(f"{wasm} cannot be used: {words} ({compiler})", "not_compiled")


async def _run(command: list[str]) -> tuple[int | None, bytes]:
    """Runs a program; its exit status, and what it says on stderr."""
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=nothing, stdout=nothing, stderr=pipe, env=bare_environment(), creationflags=NO_WINDOW
        )
    except NotImplementedError:  # Windows' selector loop, which some libraries ask for, starts no programs.
        return await asyncio.to_thread(_run_waiting, command)
    try:
        _, stderr = await asyncio.wait_for(process.communicate(), _COMPILE_LIMIT)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, stderr


def _run_waiting(command: list[str]) -> tuple[int, bytes]:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=bare_environment(),
        timeout=_COMPILE_LIMIT,
        check=False,
        creationflags=NO_WINDOW,
    )
    return done.returncode, done.stderr
