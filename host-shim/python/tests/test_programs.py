"""`python -m astr_openclaw`: the bundled sidecar program, and host-shim on the PATH."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import astr_openclaw
import pytest
from conftest import fake_host_shim


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, with nothing of this process's language and, unless it is given, nothing on the PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PATH"))}
    return subprocess.run(
        [sys.executable, "-m", "astr_openclaw", *arguments],
        env={**kept, "PATH": "/nowhere", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_sidecar_needs_nothing_but_the_wheel(tmp_path: Path) -> None:
    assert os.access(astr_openclaw.sidecar_program(), os.X_OK)
    done = run("sidecar", "init", "--root", str(tmp_path / "root"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "root" / ".env").is_file()
    # Its status is handed on, and so is the language, before the command and after it.
    assert run("sidecar", "--no-such").returncode == 2
    root = str(tmp_path / "empty")
    for words, arguments in (
        ("does not exist", ("sidecar", "doctor", "--root", root)),
        ("不存在", ("--locale", "zh", "sidecar", "doctor", "--root", root)),
        ("不存在", ("--locale=zh", "sidecar", "doctor", "--root", root)),
        ("不存在", ("sidecar", "doctor", "--locale", "zh", "--root", root)),
    ):
        done = run(*arguments)
        assert f"{root} {words}" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["ask", "demo", "sidecars", "--component"])
def test_other_commands_say_that_they_need_host_shim(command: str) -> None:
    english, chinese = run(command, "x"), run(command, "x", LANG="zh_CN.UTF-8")
    for done, words in ((english, "host-shim is not on the PATH"), (chinese, "PATH 中没有 host-shim")):
        assert done.returncode == 1 and words in done.stderr and command in done.stderr
        assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_another_version_of_host_shim_is_not_run(tmp_path: Path) -> None:
    done = run("ask", "x", PATH=str(fake_host_shim(tmp_path / "old", "0.0.9")) + ":/usr/bin:/bin")
    assert done.returncode == 1 and "version 0.0.9" in done.stderr and astr_openclaw.__version__ in done.stderr
    silent = run("ask", "x", PATH=str(fake_host_shim(tmp_path / "odd", "no version at all")) + ":/usr/bin:/bin")
    assert silent.returncode == 1 and "version unknown" in silent.stderr


def test_host_shim_on_the_path_runs_its_own_commands() -> None:
    done = run("--locale", "zh", "guards", PATH=os.environ["PATH"])
    assert done.returncode == 0 and "512" in done.stdout


def test_help_and_version() -> None:
    assert run("--version").stdout.split() == ["astr-openclaw", astr_openclaw.__version__]
    assert "sidecar" in run("--help").stdout and "用法" in run("--help", LC_ALL="zh_CN.UTF-8").stdout
    assert run("--help", LC_ALL="C", LANGUAGE="zh").stdout.isascii()
    assert not run("--help", LANG="en_US.UTF-8", LANGUAGE="fr:zh").stdout.isascii()
    poor = run("--locale", "zh", "--help", PYTHONIOENCODING="ascii")
    assert poor.returncode == 0 and "openclaw" in poor.stdout and not poor.stderr
    refused = run("--locale", "zh", "ask", PYTHONIOENCODING="ascii:strict")
    assert refused.returncode == 1 and "host-shim" in refused.stderr and "Traceback" not in refused.stderr
    nothing = run()
    assert nothing.returncode == 2 and "Usage" in nothing.stderr


def test_a_wheel_that_lost_its_program_says_so(tmp_path: Path, monkeypatch, capsys) -> None:
    from astr_openclaw import __main__

    for locale, words in (("en", "install the wheel again"), ("zh", "请重新安装 wheel")):
        monkeypatch.setattr(__main__, "sidecar_program", lambda: tmp_path / "gone")
        monkeypatch.setattr(sys, "argv", ["astr_openclaw", "--locale", locale, "sidecar", "up"])
        assert __main__.main() == 1
        assert words in capsys.readouterr().err
        # The wheel does not bring host-shim.
        monkeypatch.setattr(__main__, "host_shim", lambda: tmp_path / "gone")
        monkeypatch.setattr(sys, "argv", ["astr_openclaw", "--locale", locale, "ask", "x"])
        assert __main__.main() == 1
        said = capsys.readouterr().err
        assert words.replace("wheel", "host-shim") in said and "pip" not in said


def test_the_wheel_has_neither_a_compiler_nor_the_fake_gateway() -> None:
    for path in Path(astr_openclaw.__file__).parent.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        # Where the panics of their code are said to come from.
        for source in (b"fake-gateway/src", b"cranelift-codegen-"):
            assert source not in content, path


def test_a_host_shim_that_others_can_replace_is_not_run(tmp_path: Path) -> None:
    from astr_openclaw import __version__

    folder = fake_host_shim(tmp_path / "shared", __version__)
    path = f"{folder}:/usr/bin:/bin"
    assert run("ask", "x", PATH=path).returncode == 0
    for place, mode in ((folder, 0o777), (folder / "host-shim", 0o777), (tmp_path, 0o777)):
        before = place.stat().st_mode
        place.chmod(mode)
        english, chinese = run("ask", "x", PATH=path), run("ask", "x", PATH=path, LANG="zh_CN.UTF-8")
        assert english.returncode == 1 and f"others can replace {folder}/host-shim" in english.stderr, english
        assert str(place) in english.stderr and "其他用户可以替换" in chinese.stderr
        place.chmod(before)


def test_windows_has_a_language_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from astr_openclaw import _programs

    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    assert _programs.locale_of_environment() == "en"
    monkeypatch.setattr(_programs, "_language_of_windows", lambda: "zh")
    assert _programs.locale_of_environment() == "zh"
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert _programs.locale_of_environment() == "en"


# Windows looks there first.
def test_a_program_in_the_current_folder_is_not_host_shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from astr_openclaw import __version__, _programs

    good = fake_host_shim(tmp_path / "good", __version__)
    monkeypatch.chdir(fake_host_shim(tmp_path / "here", __version__))
    for path in ("", ".", f".:{os.curdir}/:"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(_programs.NoHostShim, match="not on the PATH"):
            _programs.host_shim()
    for first in ("", ".", str(tmp_path), str(tmp_path / "none")):
        monkeypatch.setenv("PATH", f"{first}:{good}:/usr/bin:/bin")
        assert _programs.host_shim() == good / "host-shim"
