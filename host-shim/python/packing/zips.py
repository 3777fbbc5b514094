"""The plugin's zip: what AstrBot installs, with the wheels in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from .placeholder import EPOCH, placeholder
from .targets import read_zips
from .tools import ROOT, workspace_version
from .wheel import within

STAR = ROOT / "host-shim" / "astrbot" / "astrbot_plugin_openclaw"

#: Budget of a zip: the plugin market takes 16 MB. What each wheel may take is in wheel.py, the rest is the plugin.
MAX_ZIP_BYTES = 16_000_000
MAX_REST_BYTES = 400_000


def build_zip(wheels: list[Path], wasm: Path, place: Path) -> Path:
    """The plugin as it is put into data/plugins/ or the market."""
    version = workspace_version()
    for name, line in (("metadata.yaml", f"version: v{version}"), ("requirements.txt", f"astr-openclaw=={version}")):
        if line not in (STAR / name).read_text("utf-8").splitlines():
            sys.exit(f"build_wheel: {STAR / name} does not say {line!r}, the workspace's version")
    files = {f"{STAR.name}/{path.relative_to(STAR).as_posix()}": path for path in star_files()}
    files[f"{STAR.name}/openclaw_plugin.wasm"] = wasm
    files[f"{STAR.name}/LICENSE"] = ROOT / "LICENSE"
    contents = {name: path.read_bytes() for name, path in files.items()}
    packed = {wheel.name: wheel.read_bytes() for wheel in wheels}
    # pip takes it only where none of the others fits.
    instead, content = placeholder()
    packed[instead] = content
    folder = wheels_folder(packed)
    contents |= {f"{STAR.name}/{folder}/{name}": content for name, content in packed.items()}
    requirements = f"{STAR.name}/requirements.txt"
    contents[requirements] = pinned_requirements(contents[requirements].decode(), *packed.values(), folder=folder)
    temporary = place.with_suffix(".part")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        # AstrBot takes the archive's first entry for the plugin's folder.
        archive.writestr(zipfile.ZipInfo(f"{STAR.name}/", EPOCH), "")
        for name, content in sorted(contents.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    within(temporary, min(MAX_ZIP_BYTES, MAX_REST_BYTES + sum(wheel.stat().st_size for wheel in wheels)))
    temporary.replace(place)
    return place


def zips_of(wheels: dict[str, Path]) -> dict[str, list[Path]]:
    """The zips of these wheels, by triple: those of the table that are complete, and one for each wheel in none."""
    zips = {
        name: [wheels[triple] for triple in triples] for name, triples in read_zips().items() if {*triples} <= {*wheels}
    }
    for triple, wheel in wheels.items():
        if not any(wheel in packed for packed in zips.values()):
            zips[f"astrbot_plugin_openclaw-{triple}.zip"] = [wheel]
    return zips


def wheels_folder(wheels: dict[str, bytes]) -> str:
    """Where a zip has its wheels. Other wheels, another folder: AstrBot runs pip in its own process, and pip looks into a
    folder once, so that after another zip, or an update, it would not see what is new."""
    digest = hashlib.sha256()
    for name, content in sorted(wheels.items()):
        digest.update(name.encode() + hashlib.sha256(content).digest())
    return f"wheels/{digest.hexdigest()[:12]}"


def pinned_requirements(text: str, *wheels: bytes, folder: str = "wheels") -> bytes:
    """The plugin's requirements, with the wheels' folder and hashes: whatever else calls itself astr-openclaw,
    in an index or a folder, pip refuses."""
    text = text.replace("--find-links ./wheels", f"--find-links ./{folder}")
    digests = "".join(f" --hash=sha256:{hashlib.sha256(wheel).hexdigest()}" for wheel in wheels)
    lines = [f"{line}{digests}" if line.startswith("astr-openclaw==") else line for line in text.splitlines()]
    return "\n".join(lines).encode() + b"\n"


def star_files() -> list[Path]:
    """The plugin's own files: what git knows, or without git all but what Python leaves behind."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."]
    try:
        listed = subprocess.run(command, cwd=STAR, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [os.fspath(path) for path in STAR.rglob("*") if "__pycache__" not in path.parts]
    return [path for name in listed if name and (path := STAR / name).is_file()]
