"""Which machine code runs a component: the artifact of this wheel, or one compiled for it by the
command line of this wheel, in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .errors import LoadError

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "component" / "openclaw_plugin.wasm"

#: Larger than any component of this world; a file beyond it is something else.
_MAX_WASM_BYTES = 64 << 20

#: Seconds. Compiling takes about one.
_COMPILE_LIMIT = 300.0


class Code(NamedTuple):
    """What the native loader is given."""

    artifact: Path
    wasm_sha256: str


def shipped_component() -> Path:
    """The component that this wheel carries."""
    return _SHIPPED


def command_line() -> Path:
    """The `host-shim` program that this wheel carries."""
    return _PACKAGE / "bin" / ("host-shim.exe" if sys.platform == "win32" else "host-shim")


def default_cache_dir() -> Path:
    """Where artifacts of other components are kept unless told otherwise."""
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
    """The artifact for a component, compiled first if need be; `again` compiles it anew."""
    path = _path("component", component) or _SHIPPED
    folder = _path("cache_dir", cache_dir) or default_cache_dir()
    digest = await asyncio.to_thread(_sha256, path)
    if not again and await asyncio.to_thread(_is_shipped, digest):
        return Code(_tightened(_SHIPPED.with_suffix(".cwasm")), digest)
    artifact = folder / f"{digest}.cwasm"
    if again or not _complete(artifact):
        await _compile(path, artifact)
    return Code(artifact, digest)


def _path(name: str, value: object) -> Path | None:
    if value is None:
        return None
    try:
        return Path(os.fspath(value))  # type: ignore[call-overload]
    except TypeError:
        raise LoadError(f"{name}: a path is needed, not a {type(value).__name__}", "unreadable") from None


def _is_shipped(digest: str) -> bool:
    """Whether the wheel has the machine code of the component with this hash. A wheel that lost
    some of its files still has its compiler."""
    artifact = _SHIPPED.with_suffix(".cwasm")
    return _complete(artifact) and _SHIPPED.is_file() and _sha256(_SHIPPED) == digest


def _complete(artifact: Path) -> bool:
    # The description is written after the artifact.
    return artifact.is_file() and _description(artifact).is_file()


def _description(artifact: Path) -> Path:
    """Says what an artifact was made of and for."""
    return artifact.with_name(artifact.name + ".json")


def _tightened(artifact: Path) -> Path:
    """The loader trusts no code that others than its owner may write. With a umask of 002 pip
    makes files that the group may write; where they are ours, that is taken away."""
    if os.name == "posix":
        for path in (artifact, _description(artifact)):
            with suppress(OSError):
                now = path.stat()
                if now.st_mode & 0o022 and now.st_uid == os.geteuid():
                    path.chmod(now.st_mode & 0o755)
    return artifact


def _sha256(path: Path) -> str:
    try:
        # Regular files only: opening a pipe would wait for its writer.
        if not path.is_file():
            raise LoadError(f"the component {path} is missing or no regular file", "unreadable")
        # The size that the system tells is no limit: files of /proc have none.
        with path.open("rb") as file:
            content = file.read(_MAX_WASM_BYTES + 1)
        if len(content) > _MAX_WASM_BYTES:
            raise LoadError(f"{path} is too large to be a component", "not_a_component")
        return hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise LoadError(
            f"the component {path} cannot be read: {error}; check the path and its permissions", "unreadable"
        ) from None


async def _compile(wasm: Path, artifact: Path) -> None:
    """Compiles in another process, which writes the result whole or not at all."""
    # Only what a program needs to run: no token that the environment may hold.
    kept = ("PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "LANG")
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    try:
        artifact.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [os.fspath(path) for path in (command_line(), "compile", wasm, artifact)]
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *command, stdin=nothing, stdout=nothing, stderr=pipe, env=environment
        )
    except FileNotFoundError:
        raise LoadError(
            f"{wasm} has no machine code and {command_line()}, which would make it, is missing; "
            "install the wheel again (pip install --force-reinstall astr-openclaw)",
            "not_compiled",
        ) from None
    except (OSError, ValueError) as error:
        raise LoadError(f"{wasm} cannot be compiled: {error}", "not_compiled") from None
    try:
        _, stderr = await asyncio.wait_for(process.communicate(), _COMPILE_LIMIT)
    except (asyncio.TimeoutError, TimeoutError):
        raise LoadError(f"compiling {wasm} took longer than {_COMPILE_LIMIT:.0f} s", "not_compiled") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        words = " ".join(stderr.decode("utf-8", "replace").split())
        raise LoadError(f"{wasm} cannot be used: {words}", "not_compiled")
