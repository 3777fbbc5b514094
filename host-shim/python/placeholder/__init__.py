"""Installed in place of astr_openclaw where no wheel fits: importing it says in one line what to use instead.

Not part of the platform wheels. See packing/placeholder.py.
"""

import platform
import struct
import sys
import sysconfig

_MARKET = "astrbot_plugin_openclaw.zip"
_MUSL = "astrbot_plugin_openclaw-musl.zip"
_MACOS = "astrbot_plugin_openclaw-macos.zip"


def _here():
    """The system, processor, C library, Python and its kind, as they are named in the line."""
    machine = platform.machine()
    words = [platform.system() or sys.platform, machine]
    libc = ""
    if sys.platform.startswith("linux"):
        variables = [str(sysconfig.get_config_var(name)) for name in ("HOST_GNU_TYPE", "SOABI", "MULTIARCH")]
        libc = "musl" if any("musl" in value for value in variables) else " ".join(platform.libc_ver())
        words.append(libc)
    python = "{} {}.{}".format(platform.python_implementation(), *sys.version_info[:2])
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        python += "t"
    if struct.calcsize("P") == 4:
        python += " 32-bit"
    return machine.lower(), libc, ", ".join([" ".join(word for word in words if word), python])


def _remedy():
    """What to use, in Chinese and in English."""
    machine, libc, _ = _here()
    arm, x86 = machine in ("aarch64", "arm64"), machine in ("x86_64", "amd64")
    if platform.python_implementation() != "CPython" or sys.version_info < (3, 10):
        return "请使用 CPython 3.10 或更新版本", "use CPython 3.10 or later"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return (
            "请使用普通的 Python（不是自由线程版，即不带 t）",
            "use a Python with the GIL, not the free-threaded build",
        )
    if struct.calcsize("P") == 4:
        return "请使用 64 位的 Python", "use a 64-bit Python"
    if sys.platform.startswith("linux") and (arm or x86):
        if libc == "musl":
            return "请安装 " + _MUSL, "install " + _MUSL
        version = libc.partition(" ")[2].split(".")
        if libc.startswith("glibc ") and [int(part) for part in version if part.isdigit()] < [2, 17]:
            return "需要 glibc 2.17 或更新版本", "glibc 2.17 or later is required"
        return "请安装 " + _MARKET, "install " + _MARKET
    if sys.platform == "darwin" and (arm or x86):
        return "请安装 " + _MACOS, "install " + _MACOS
    if sys.platform == "win32" and x86:
        return "请安装 " + _MARKET, "install " + _MARKET
    if sys.platform == "win32" and arm:
        return "请使用 x86_64 版的 Python（Windows 可以运行）", "use an x86_64 Python, which Windows on ARM can run"
    return (
        "没有适用的安装包，请在 Linux（x86_64、aarch64）、Windows（x86_64）或 macOS 上运行 AstrBot",
        "there is none: run AstrBot on Linux (x86_64, aarch64), Windows (x86_64) or macOS",
    )


def _error():
    """The error of the import: one line; `texts` has it by language."""
    here, (chinese, english) = _here()[2], _remedy()
    texts = {
        "zh": "astr_openclaw 没有适用于本机（" + here + "）的 wheel：" + chinese + "。",
        "en": "astr_openclaw has no wheel for this machine (" + here + "): " + english + ".",
    }
    error = ImportError(texts["zh"] + " / " + texts["en"])
    error.texts = texts  # type: ignore[attr-defined]
    return error


raise _error()
