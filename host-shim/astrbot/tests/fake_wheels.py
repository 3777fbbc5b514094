"""Wheels that are called as ours, and pip as AstrBot calls it."""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

from conftest import STAR

ROOT = STAR.parent.parent.parent
VERSION = "0.1.0"


def packing_module(name: str) -> ModuleType:
    """A part of build_wheel."""
    folder = str(ROOT / "host-shim/python")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(f"packing.{name}")


def wheel(folder: Path, who: str, version: str = VERSION, tag: str = "py3-none-any") -> Path:
    """A wheel of this name whose module says whose it is."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"astr_openclaw-{version}.dist-info"
    files = {
        "astr_openclaw/__init__.py": f"WHO = {who!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: astr-openclaw\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"astr_openclaw-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def install(plugin: Path, target: Path, index: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As AstrBot does it, from its own folder."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-r",
        str(plugin / "requirements.txt"),
        "--trusted-host",
        "127.0.0.1",
        "-i",
        index,
        "--target",
        str(target),
        "--disable-pip-version-check",
        "--no-cache-dir",
        "--retries",
        "0",
    ]
    return subprocess.run(command, cwd=plugin.parent, env={**os.environ, **environment}, capture_output=True, text=True)


def who(target: Path) -> str:
    return (target / "astr_openclaw/__init__.py").read_text() if (target / "astr_openclaw").exists() else ""
