"""Checks whether the native module is available on this machine."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .texts import say


@dataclass(frozen=True)
class Missing:
    """Why the module is not available."""

    key: str
    values: dict[str, str]
    #: The reason as the wheel itself says it, by language.
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, locale: str) -> str:
        """The reason, in one line."""
        return self.texts.get(locale) or say(locale, self.key, **self.values)


def wanted_version(plugin_dir: Path) -> str | None:
    """The version of the module that requirements.txt pins."""
    with suppress(OSError):
        found = re.search(
            r"^astr-openclaw\s*==\s*([^\s;]+)", (plugin_dir / "requirements.txt").read_text("utf-8"), re.M
        )
        return found[1] if found else None
    return None


#: The wheel that pip takes where no other fits, and what the names of such wheels end with.
PLACEHOLDER = "-py3-none-any.whl"


def wheel_fits(plugin_dir: Path, *, native: bool = False) -> bool:
    """Whether a bundled wheel supports this interpreter and platform; `native`: another one than the placeholder."""
    try:
        from packaging.tags import sys_tags
        from packaging.utils import parse_wheel_filename
    except ImportError:  # AstrBot includes it; otherwise let pip find out.
        return True
    supported = set(sys_tags())
    for wheel in (plugin_dir / "wheels").rglob("*.whl"):
        if native and wheel.name.endswith(PLACEHOLDER):
            continue
        with suppress(ValueError):
            if parse_wheel_filename(wheel.name)[3] & supported:
                return True
    return False


def remove_placeholder() -> None:
    """Uninstalls the placeholder of another zip: pip would keep it, as it has the wanted version."""
    with suppress(importlib.metadata.PackageNotFoundError):
        files = [Path(str(file.locate())) for file in importlib.metadata.files("astr-openclaw") or ()]
        for path in files:
            path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in files}, reverse=True):
            with suppress(OSError):  # Python keeps compiled files there.
                folder.rmdir()
    importlib.invalidate_caches()


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
        if texts := getattr(error, "texts", None):  # It is the placeholder.
            if wheel_fits(plugin_dir, native=True):
                remove_placeholder()
                raise ModuleNotFoundError(str(error), name="astr_openclaw") from None
            return Missing("wheel_foreign", {"here": here}, texts)
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
