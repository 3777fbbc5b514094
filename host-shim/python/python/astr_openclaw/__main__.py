"""`python -m astr_openclaw sidecar …` runs the bundled `openclaw-sidecar`; every other command is `host-shim`'s,
which must be on the PATH."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence

from ._native import VERSION
from ._programs import NoHostShim, host_shim, locale_of_environment, sidecar_program

_HELP = {
    "en": """\
Usage: python -m astr_openclaw [--locale en|zh] <COMMAND>

Commands:
  sidecar ...  sets up, checks and upgrades the OpenClaw gateway beside AstrBot; sidecar --help lists how
  ask, chat, ... are commands of host-shim, which must be on the PATH""",
    "zh": """\
用法：python -m astr_openclaw [--locale en|zh] <命令>

命令：
  sidecar …    部署、检查、升级 AstrBot 旁边的 OpenClaw 网关；sidecar --help 列出各子命令
  ask、chat 等  属于 host-shim，需要它在 PATH 中""",
}


def _split(arguments: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """The `--locale` before the command, the command (or nothing), and what follows it."""
    before: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("--locale"):
        taken = 1 if "=" in rest[0] else 2
        before += rest[:taken]
        rest = rest[taken:]
    return before, rest[0] if rest else "", rest[1:]


def _locale(options: Sequence[str]) -> str:
    """The language of this program's own texts."""
    wanted = options[-1].rpartition("=")[2] if options else ""
    return wanted if wanted in _HELP else locale_of_environment()


def main() -> int:
    """Replaces this process, so that signals and exit status are the program's."""
    _show_what_the_output_can()
    options, command, rest = _split(sys.argv[1:])
    locale = _locale(options)
    if command in ("", "-h", "--help"):
        print(_HELP[locale], file=sys.stdout if command else sys.stderr)
        return 0 if command else 2
    if command in ("-V", "--version"):
        print(f"astr-openclaw {VERSION}")
        return 0
    if command == "sidecar":
        program, arguments, package = os.fspath(sidecar_program()), [*options, *rest], "wheel"
    else:
        try:
            program, arguments, package = os.fspath(host_shim()), sys.argv[1:], "host-shim"
        except NoHostShim as error:
            why = error.zh if locale == "zh" else error
            print(f"astr_openclaw: {command}{'：' if locale == 'zh' else ': '}{why}", file=sys.stderr)
            return 1
    return _run(program, arguments, package, locale)


def _show_what_the_output_can() -> None:
    """Characters that the output's encoding lacks are shown as question marks: of a pipe on Windows, for example."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(program: str, arguments: Sequence[str], package: str, locale: str) -> int:
    try:
        if os.name == "posix":
            os.execv(program, [program, *arguments])
        return subprocess.run([program, *arguments], check=False).returncode
    except OSError as error:
        en = f"cannot run {program} ({error.strerror}); install the {package} again"
        zh = f"无法运行 {program}（{error.strerror}），请重新安装 {package}"
        if package == "wheel":
            en += ": pip install --force-reinstall astr-openclaw"
            zh += "：pip install --force-reinstall astr-openclaw"
        print(f"astr_openclaw: {zh if locale == 'zh' else en}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
