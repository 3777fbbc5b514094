"""Whether the native module can be had on this machine."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import sys
from pathlib import Path


def wanted_version(plugin_dir: Path) -> str | None:
    """The version of the module that requirements.txt pins."""
    try:
        lines = (plugin_dir / "requirements.txt").read_text("utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, rest = line.partition("==")
        if name.strip() == "astr-openclaw":
            return rest.split(";")[0].strip()
    return None


def wheel_fits(plugin_dir: Path) -> bool:
    """Whether one of the bundled wheels is for this interpreter and platform."""
    try:
        from packaging.tags import sys_tags
        from packaging.utils import parse_wheel_filename
    except ImportError:  # AstrBot brings it; without it pip finds out.
        return True
    supported = set(sys_tags())
    for wheel in (plugin_dir / "wheels").glob("*.whl"):
        try:
            tags = parse_wheel_filename(wheel.name)[3]
        except ValueError:
            continue
        if tags & supported:
            return True
    return False


def require_module(plugin_dir: Path) -> str | None:
    """None if the module `astr_openclaw` is there; otherwise why it cannot be, in one line.

    Raises ModuleNotFoundError if it is only not installed yet, which makes AstrBot install it.
    """
    here = f"{platform.system()} {platform.machine()}, Python {sys.version_info[0]}.{sys.version_info[1]}"
    try:
        module = importlib.import_module("astr_openclaw")
    except ModuleNotFoundError as error:
        if error.name != "astr_openclaw":
            return f"模块 astr_openclaw 不完整（{error}），请重新安装插件。"
        if wheel_fits(plugin_dir):
            raise
        return f"插件自带的 wheel 不适用于本机（{here}），请换用对应平台的插件包。"
    except ImportError as error:
        return f"模块 astr_openclaw 无法在本机加载（{here}）：{' '.join(str(error).split())}"
    wanted = wanted_version(plugin_dir)
    if wanted is None or module.__version__ == wanted:
        return None
    try:
        installed = importlib.metadata.version("astr-openclaw")
    except importlib.metadata.PackageNotFoundError:
        installed = module.__version__
    if installed == wanted:
        # A native module that is loaded cannot be replaced in a running process.
        return f"astr_openclaw 已升级到 {wanted}，但进程仍加载着 {module.__version__}：请重启 AstrBot。"
    return (
        f"需要 astr_openclaw {wanted}，已安装的是 {installed}："
        "请在插件目录执行 pip install -r requirements.txt 后重启 AstrBot。"
    )
