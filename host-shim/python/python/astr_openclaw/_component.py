"""Which machine code runs a component: the artifact of this wheel, or one compiled for it by the
command line of this wheel, in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import LoadError

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "component" / "openclaw_plugin.wasm"

#: Larger than any component of this world; a file beyond it is something else.
_MAX_WASM_BYTES = 64 << 20

#: Seconds. Compiling takes about one.
_COMPILE_LIMIT = 300.0


@dataclass(frozen=True)
class Code:
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
    component: str | os.PathLike[str] | None,
    cache_dir: str | os.PathLike[str] | None,
    *,
    again: bool = False,
) -> Code:
    """The artifact for a component, compiled first if need be; `again` compiles it anew."""
    path = Path(component) if component is not None else _SHIPPED
    digest = await asyncio.to_thread(_sha256, path)
    if not again and digest == await asyncio.to_thread(_sha256, _SHIPPED):
        return Code(_tightened(_SHIPPED.with_suffix(".cwasm")), digest)
    folder = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    artifact = folder / f"{digest}.cwasm"
    if again or not _description(artifact).exists():
        await _compile(path, artifact)
    return Code(artifact, digest)


def _description(artifact: Path) -> Path:
    """Written after the artifact, so that its being there says that both are."""
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
        if not path.is_file():
            raise LoadError(f"the component {path} is missing or no regular file", "unreadable")
        if path.stat().st_size > _MAX_WASM_BYTES:
            raise LoadError(f"{path} is too large to be a component", "not_a_component")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise LoadError(
            f"the component {path} cannot be read: {error}; check the path and its permissions",
            "unreadable",
        ) from None


async def _compile(wasm: Path, artifact: Path) -> None:
    """Compiles in another process, which writes the result whole or not at all."""
    # Only what a program needs to run: no token that the environment may hold.
    kept = ("PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "LANG")
    try:
        artifact.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        process = await asyncio.create_subprocess_exec(
            command_line(),
            "compile",
            os.fspath(wasm),
            os.fspath(artifact),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in kept if name in os.environ},
        )
    except OSError as error:
        raise LoadError(f"{wasm} cannot be compiled: {error}", "not_compiled") from None
    try:
        _, stderr = await asyncio.wait_for(process.communicate(), _COMPILE_LIMIT)
    except (asyncio.TimeoutError, TimeoutError):
        raise LoadError(
            f"compiling {wasm} took longer than {_COMPILE_LIMIT:.0f} s", "not_compiled"
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        words = " ".join(stderr.decode("utf-8", "replace").split())
        raise LoadError(f"{wasm} cannot be used: {words}", "not_compiled")
