"""Where no wheel fits, one line says what to use instead: issue 16."""

from __future__ import annotations

import platform
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import STAR
from fake_wheels import VERSION, install, packing_module, wheel, who

NOWHERE = "http://127.0.0.1:9/simple/"
FOREIGN = "cp310-abi3-win_arm64" if sys.platform != "win32" else "cp310-abi3-manylinux_2_17_x86_64"


def native_tag() -> str:
    """A tag of a wheel with machine code that this Python takes."""
    tags = pytest.importorskip("packaging.tags")
    return str(next(tags.sys_tags()))


def plugin_with(folder: Path, *tags: str) -> Path:
    """The plugin's folder as its zip has it, with wheels of these tags and the placeholder."""
    wheels = [wheel(folder / "wheels", tag, tag=tag) for tag in tags]
    name, content = packing_module("placeholder").placeholder()
    (folder / "wheels" / name).write_bytes(content)
    packed = [path.read_bytes() for path in wheels]
    text = (STAR / "requirements.txt").read_text("utf-8")
    (folder / "requirements.txt").write_bytes(packing_module("zips").pinned_requirements(text, *packed, content))
    return folder


def check(plugin: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """What the Star says before it starts, with what is installed in `site`."""
    code = f"""
import sys
sys.path[:0] = [{str(site)!r}, {str(STAR)!r}]
from pathlib import Path
from openclaw.wheel_check import require_module
missing = require_module(Path({str(plugin)!r}))
print(missing.text("zh") if missing else "fits")
print(missing.text("en") if missing else "fits")
"""
    return subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, encoding="utf-8")


def test_a_machine_without_a_wheel_gets_one_line_in_both_languages(tmp_path: Path) -> None:
    plugin, site = plugin_with(tmp_path / "plugin", FOREIGN), tmp_path / "site"
    done = install(plugin, site, NOWHERE)
    assert done.returncode == 0, done.stdout + done.stderr
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import astr_openclaw"
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, encoding="utf-8")
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and last.startswith("ImportError: astr_openclaw 没有适用于本机（"), done.stderr
    assert f"（{platform.system()} {platform.machine()}" in last and "has no wheel for this machine (" in last

    done = check(plugin, site)
    chinese, english = done.stdout.splitlines()
    assert chinese.startswith("astr_openclaw 没有适用于本机") and "has no wheel" not in chinese, done.stderr
    assert english.startswith("astr_openclaw has no wheel for this machine ("), done.stderr


def test_a_wheel_that_fits_is_preferred(tmp_path: Path) -> None:
    tag = native_tag()
    plugin = plugin_with(tmp_path / "plugin", FOREIGN, tag)
    done = install(plugin, tmp_path / "site", NOWHERE)
    assert done.returncode == 0 and tag in who(tmp_path / "site"), done.stdout + done.stderr


def test_the_zip_for_this_machine_replaces_the_placeholder_of_another_one(tmp_path: Path) -> None:
    tag, site = native_tag(), tmp_path / "site"
    install(plugin_with(tmp_path / "wrong", FOREIGN), site, NOWHERE)
    right = plugin_with(tmp_path / "right", FOREIGN, tag)
    # pip takes the placeholder, which has the wanted version, for what is wanted.
    done = check(right, site)
    assert done.returncode == 1 and "ModuleNotFoundError" in done.stderr, done.stdout + done.stderr
    assert [path.name for path in site.rglob("*") if path.is_file()] == []
    # Which makes AstrBot install the requirements.
    done = install(right, site, NOWHERE)
    assert done.returncode == 0 and tag in who(site), done.stdout + done.stderr


CASES = [
    ("linux", "x86_64", "musl", {}, "astrbot_plugin_openclaw-musl.zip"),
    ("linux", "aarch64", "glibc 2.12", {}, "glibc 2.17"),
    ("linux", "aarch64", "glibc 2.36", {}, "astrbot_plugin_openclaw.zip"),
    ("linux", "x86_64", "glibc 2.36", {"gil": 1}, "free-threaded"),
    ("linux", "x86_64", "glibc 2.36", {"pointer": 4}, "64-bit"),
    ("linux", "x86_64", "glibc 2.36", {"python": "PyPy"}, "CPython 3.10"),
    ("linux", "riscv64", "glibc 2.36", {}, "run AstrBot on Linux (x86_64, aarch64)"),
    ("darwin", "arm64", "", {}, "astrbot_plugin_openclaw-macos.zip"),
    ("win32", "AMD64", "", {}, "astrbot_plugin_openclaw.zip"),
    ("win32", "ARM64", "", {}, "x86_64 Python"),
    ("freebsd14", "amd64", "", {}, "run AstrBot on Linux (x86_64, aarch64)"),
]


@pytest.mark.parametrize(("system", "machine", "libc", "python", "wanted"), CASES)
def test_the_line_names_what_to_use(system, machine, libc, python, wanted, monkeypatch) -> None:
    variables = {"HOST_GNU_TYPE": f"x-{libc}", "Py_GIL_DISABLED": python.get("gil")}
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: tuple(libc.split()))
    monkeypatch.setattr(platform, "python_implementation", lambda: python.get("python", "CPython"))
    monkeypatch.setattr(sysconfig, "get_config_var", variables.get)
    monkeypatch.setattr(struct, "calcsize", lambda _: python.get("pointer", 8))
    source = packing_module("placeholder").SOURCE
    with pytest.raises(ImportError) as raised:
        exec(compile(source.read_text("utf-8"), str(source), "exec"), {})
    texts = raised.value.texts
    assert wanted in texts["en"] and machine in texts["en"] and machine in texts["zh"]
    assert "\n" not in str(raised.value) and texts["zh"] in str(raised.value) and texts["en"] in str(raised.value)


def test_the_placeholder_names_the_zips_that_are_built() -> None:
    built = packing_module("placeholder")
    text = built.SOURCE.read_text("utf-8")
    for name in packing_module("targets").read_zips():
        assert f'"{name}"' in text, name
    assert built.placeholder() == built.placeholder() and VERSION in built.placeholder()[0]


def test_every_target_is_in_one_zip_and_has_a_tag_of_its_own() -> None:
    targets, zips = packing_module("targets").read_targets(), packing_module("targets").read_zips()
    packed = [triple for triples in zips.values() for triple in triples]
    assert sorted(packed) == sorted(targets) and len({target.tag for target in targets.values()}) == len(targets)
    assert [target.triple for target in packing_module("targets").chosen(["all"])] == list(targets)
    with pytest.raises(SystemExit, match="unknown target toaster; one of x86_64-unknown-linux-gnu, "):
        packing_module("targets").chosen(["toaster"])


def test_a_zip_of_the_table_is_made_of_all_its_wheels_or_not_at_all() -> None:
    zips_of = packing_module("zips").zips_of
    market = packing_module("targets").read_zips()["astrbot_plugin_openclaw.zip"]
    wheels = {triple: Path(triple) for triple in market}
    assert zips_of(wheels) == {"astrbot_plugin_openclaw.zip": list(wheels.values())}
    left = wheels.pop(market[0])
    assert left not in zips_of(wheels).values()
    assert zips_of(wheels) == {f"astrbot_plugin_openclaw-{triple}.zip": [wheel] for triple, wheel in wheels.items()}


def test_other_wheels_are_in_another_folder_which_pip_has_not_looked_into_yet() -> None:
    zips = packing_module("zips")
    folders = [zips.wheels_folder(wheels) for wheels in ({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b"1"})]
    assert len({*folders}) == 4 and all(folder.startswith("wheels/") for folder in folders)
    text = (STAR / "requirements.txt").read_text("utf-8")
    pinned = zips.pinned_requirements(text, b"1", folder=folders[0]).decode()
    assert f"--find-links ./{folders[0]}\n" in pinned
