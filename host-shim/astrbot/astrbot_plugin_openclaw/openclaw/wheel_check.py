"""Checks whether the native module is available on this machine."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .texts import say


@dataclass(frozen=True)
class Missing:
    """Why the module is not available."""

    key: str
    values: dict[str, str]

    def text(self, locale: str) -> str:
        """The reason, in one line."""
        return say(locale, self.key, **self.values)


def wanted_version(plugin_dir: Path) -> str | None:
    """The version of the module that requirements.txt pins."""
    with suppress(OSError):
        found = re.search(
            r"^astr-openclaw\s*==\s*([^\s;]+)", (plugin_dir / "requirements.txt").read_text("utf-8"), re.M
        )
        return found[1] if found else None
    return None


def wheel_fits(plugin_dir: Path) -> bool:
    """Whether a bundled wheel supports this interpreter and platform."""
    try:
        from packaging.tags import sys_tags
        from packaging.utils import parse_wheel_filename
    except ImportError:  # AstrBot includes it; otherwise let pip find out.
        return True
    supported = set(sys_tags())
    for wheel in (plugin_dir / "wheels").glob("*.whl"):
        with suppress(ValueError):
            if parse_wheel_filename(wheel.name)[3] & supported:
                return True
    return False


def require_module(plugin_dir: Path) -> Missing | None:
    """None if the module `astr_openclaw` is available, otherwise the reason.

    Raises ModuleNotFoundError if it is only not installed yet, which makes AstrBot install it.
    """
    here = f"{platform.system()} {platform.machine()}, Python {sys.version_info[0]}.{sys.version_info[1]}"
    try:
        module = importlib.import_module("astr_openclaw")
    except ModuleNotFoundError as error:
        if error.name != "astr_openclaw":
            return Missing("module_incomplete", {"why": str(error)})
        if wheel_fits(plugin_dir):
            raise
        return Missing("wheel_foreign", {"here": here})
    except ImportError as error:
        return Missing("module_unloadable", {"here": here, "why": " ".join(str(error).split())})
    wanted = wanted_version(plugin_dir)
    loaded = str(module.__version__)
    if wanted is None or loaded == wanted:
        return None
    try:
        installed = importlib.metadata.version("astr-openclaw")
    except importlib.metadata.PackageNotFoundError:
        installed = loaded
    if installed == wanted:
        # A loaded native module cannot be replaced in a running process.
        return Missing("restart_needed", {"wanted": wanted, "loaded": loaded})
    return Missing("module_other_version", {"wanted": wanted, "installed": installed})
