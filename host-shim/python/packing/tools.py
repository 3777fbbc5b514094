"""Runs programs, and installs the pinned ones: maturin, and zig for other machines than this one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent

#: The pinned tools, each file by its hash. Written as the lists of tests/setup: see cache.sh there.
MATURIN = HERE / "maturin.txt"
#: The same for other targets: a linker and a C compiler that have every libc, and what gives them to cargo.
ZIG = HERE / "zig.txt"


def run(*command: str | os.PathLike[str], **environment: str) -> str:
    """Runs a program and returns its output; stdout is for the results of this one."""
    print("+", *command, file=sys.stderr, flush=True)
    try:
        variables = {**os.environ, **environment}
        return subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=variables).stdout
    except FileNotFoundError:
        sys.exit(f"build_wheel: {command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        sys.exit(f"build_wheel: {command[0]} failed with status {error.returncode} (see above)")


def installed(requirements: Path, proof: str) -> Path:
    """The folder of an environment with these requirements, from the cache; `proof` is a program in its `bin`."""
    key = f"{requirements.stem}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    cache = Path(os.environ.get("ASTR_OPENCLAW_CACHE") or Path.home() / ".cache" / "astr-openclaw")
    place = cache / key
    if (place / "bin" / proof).exists():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    # Next to its place, so that the rename is atomic: either all of it is there or none.
    temporary = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=cache))
    try:
        venv.create(temporary / "v", with_pip=True)
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        run(temporary / "v/bin/python", *pip, "--requirement", requirements)
        try:
            (temporary / "v").rename(place)
        except OSError:
            if not (place / "bin" / proof).exists():  # Otherwise another run was faster.
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return place


def maturin() -> Path:
    """The pinned maturin."""
    return installed(MATURIN, "maturin") / "bin" / "maturin"


def zig_environment() -> dict[str, str]:
    """What maturin and cargo-zigbuild need to find the pinned zig, and cargo to find cargo-zigbuild."""
    place = installed(ZIG, "cargo-zigbuild")
    (zig,) = place.glob("lib/python3*/site-packages/ziglang/zig")
    return {
        "CARGO_ZIGBUILD_ZIG_PATH": os.fspath(zig),
        "PATH": os.pathsep.join([os.fspath(place / "bin"), os.environ.get("PATH", os.defpath)]),
    }


def rust_target(triple: str) -> None:
    """Adds the target's standard library to the pinned toolchain, unless it is there."""
    if not Path(run("rustc", "--print", "target-libdir", "--target", triple).strip()).is_dir():
        run("rustup", "target", "add", triple)


def own_triple() -> str:
    """The triple that cargo builds for on this machine."""
    found = re.search(r"^host: (\S+)$", run("rustc", "--version", "--verbose"), re.M)
    if found is None:
        sys.exit("build_wheel: rustc does not say what it builds for")
    return found.group(1)


def workspace_version() -> str:
    """The version of everything."""
    found = re.search(r'^\[workspace\.package\]\nversion = "([^"]+)"', (ROOT / "Cargo.toml").read_text("utf-8"), re.M)
    if found is None:
        sys.exit("build_wheel: Cargo.toml names no version below [workspace.package]")
    return found.group(1)
