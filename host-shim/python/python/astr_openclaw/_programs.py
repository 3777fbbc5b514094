"""The programs beside the module: the bundled `openclaw-sidecar`, and `host-shim`, which is looked for on the
PATH."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from ._native import VERSION

_SUFFIX = ".exe" if sys.platform == "win32" else ""

#: How programs are started that nobody is to see: without it, Windows opens a console window for each where the process
#: has none, as in AstrBot's desktop app.
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)

#: Seconds for `host-shim --version`, which takes milliseconds.
_VERSION_LIMIT = 10.0


class NoHostShim(Exception):
    """`host-shim` is not on the PATH, or is another version. The message, one English line, says what to do;
    `zh` is the same in Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


def bare_environment() -> dict[str, str]:
    """What a program that only compiles needs, and nothing more: the environment may contain tokens."""
    kept = ("PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "LANG")
    return {name: os.environ[name] for name in kept if name in os.environ}


def sidecar_program() -> Path:
    """The bundled `openclaw-sidecar` program."""
    return Path(__file__).resolve().parent / "bin" / f"openclaw-sidecar{_SUFFIX}"


def host_shim() -> Path:
    """The `host-shim` on the PATH; raises `NoHostShim` unless it has this module's version. What it compiles runs in
    this process, so neither may others be able to replace it."""
    found = _on_the_path(f"host-shim{_SUFFIX}")
    if found is None:
        raise NoHostShim(
            f"host-shim is not on the PATH; version {VERSION} is in the release's host-shim-{VERSION}-*.tar.gz "
            "(to build it: cargo install --locked --path host-shim/cli)",
            f"PATH 中没有 host-shim：{VERSION} 版在发布页的 host-shim-{VERSION}-*.tar.gz 中"
            "（自行编译：cargo install --locked --path host-shim/cli）",
        )
    found = os.path.realpath(found)
    place = _open_to_others(Path(found))
    if place is not None:
        raise NoHostShim(
            f"others can replace {found}: check the owner and permissions of {place}",
            f"其他用户可以替换 {found}：请检查 {place} 的属主与权限",
        )
    version = _version(found)
    if version != VERSION:
        raise NoHostShim(
            f"{found} is version {version or 'unknown'}, but {VERSION} is required; install that one",
            f"{found} 的版本是 {version or '未知'}，需要 {VERSION}，请安装该版本",
        )
    return Path(found)


def _on_the_path(name: str) -> str | None:
    """The program of that name in the first folder of the PATH that has it. Not the current folder, where Windows looks
    first: whoever can write there would choose what runs."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _open_to_others(program: Path) -> Path | None:
    """The program or the folder above it that another user than root and this one may change; the rule is that of the
    loader for machine code (`trusted_file.rs`)."""
    if os.name != "posix":
        return None
    user, group = os.geteuid(), os.getegid()
    for place in (program, *program.parents):
        try:
            about = place.stat()
        except OSError:  # It has just gone, or cannot be looked at.
            return place
        sticky = place != program and about.st_mode & stat.S_ISVTX
        writable = about.st_mode & 0o002 or (about.st_mode & 0o020 and not about.st_gid == user == group)
        if about.st_uid not in (0, user) or (writable and not sticky):
            return place
    return None


def _version(program: str) -> str | None:
    """What comes after the name in the output of `host-shim --version`."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bare_environment(),
            timeout=_VERSION_LIMIT,
            creationflags=NO_WINDOW,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"host-shim (\S+)\s*", done.stdout.decode("utf-8", "replace"))
    return found.group(1) if found else None


def locale_of_environment() -> str:
    """``en`` or ``zh``, by the rules of the programs: the first of LC_ALL, LC_MESSAGES and LANG that is set is the
    locale; unless it is ``C`` or ``POSIX``, a supported language of LANGUAGE precedes it. On Windows, which sets none
    of them, it is the language that Windows shows."""
    values = (os.environ.get(name, "").strip() for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, values), "")
    if locale in ("C", "POSIX"):
        return "en"
    for name in (*os.environ.get("LANGUAGE", "").split(":"), locale or _language_of_windows()):
        language = re.split(r"[_.@-]", name.strip().lower())[0]
        if language in ("zh", "chinese"):
            return "zh"
        if language in ("en", "english"):
            return "en"
    return "en"


def _language_of_windows() -> str:
    """``zh`` if Windows shows Chinese; otherwise empty, as everywhere else."""
    if sys.platform != "win32":
        return ""
    import ctypes

    # The lower ten bits of a LANGID are the language: https://learn.microsoft.com/windows/win32/intl/language-identifiers
    return "zh" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x04 else ""
