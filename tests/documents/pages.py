"""Walks through the pages by their commands alone, on a server that tests/documents/inside.sh makes up.

    tests/documents/inside.sh python3 tests/documents/pages.py [PART OF A NAME…]

Needs the programs built, and $OPENCLAW_INSTALLED: where tests/setup/openclaw.sh 2026.2.9 put the gateway. The step
84-documents brings all of that.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from page import ROOT
from stage import ASTRBOT, INSTALLED, KEY, PORT, PROVIDER, SIDECAR, TARGET, Gateway, Stage, built, output, token_of
from walk import LIMIT

#: The questions of `model`, answered for a service of one's own.
OTHER = {
    "zh": [("直接回车：不选）：", "11"), ("基础 URL", PROVIDER), ("模型：", "m-1"), ("（不显示）：", KEY)],
    "en": [("(Enter: none): ", "11"), ("Base URL", PROVIDER), ("Model: ", "m-1"), ("(not shown): ", KEY)],
}


def the_readme_as_written() -> None:
    """README.md."""
    with Stage() as stage:
        stage.program("host-shim", built("host-shim"))
        where = cargo()
        walk = stage.walk("README.md", ROOT, Path(where["CARGO_HOME"]) / "bin", **where)
        walk.run("cargo run --release").succeeds().says("10 scenes, all as expected")

        walk.folder = stage.home
        root = stage.home / "openclaw"
        # `init` asks already; a person who answers has no need of `model` any more, but may.
        threading.Thread(target=gateway_for, args=[stage, root], daemon=True).start()
        kept = [*OTHER["en"][:-1], ("keeps the one in .env): ", "")]
        walk.on_terminal("host-shim sidecar init", *OTHER["en"], *kept).succeeds()
        assert f"OPENCLAW_PROVIDER_API_KEY={KEY}" in (root / ".env").read_text("utf-8")

        walk.fill["OPENCLAW_GATEWAY_TOKEN=…"] = f"OPENCLAW_GATEWAY_TOKEN={token_of(root)}"
        walk.run("export OPENCLAW_GATEWAY_URL").succeeds().says("✓ token-primary", "What do you remember?", '"ready"')
        walk.end()


def the_runbook_as_written() -> None:
    """The runbook, with a small gateway where Docker would have one, and the real one without Docker."""
    with Stage() as stage:
        stage.program("host-shim", built("host-shim"))
        stage.astrbot()
        walk = stage.walk("host-shim/sidecar/templates/RUNBOOK.md", LANG="zh_CN.UTF-8")
        walk.run("host-shim sidecar init").succeeds()
        walk.folder = SIDECAR
        walk.run("mkdir -p data").succeeds()
        walk.on_terminal("host-shim sidecar model", *OTHER["zh"]).succeeds().says("deepseek", "m-1")
        stage.gateway()
        walk.run("host-shim sidecar up").succeeds().says("openclaw-gateway-1")
        walk.run("cd /root/openclaw").succeeds()

        stage.stop_gateway()
        # Its cold start without the loader cache takes minutes on a busy machine.
        tmp = SIDECAR / "data/openclaw_home/tmp"
        tmp.rmdir()
        shutil.copytree(INSTALLED.with_name(f"{INSTALLED.name}.tmp"), tmp, symlinks=True)
        tmp.chmod(0o700)
        with running(*walk.start("npm install -g openclaw@2026.2.9")):
            walk.run("host-shim sidecar doctor").succeeds().says("异常 0 项", '"ok": true', "不在容器中运行")
            assert walk.run("#").succeeds().out.split() == ["401", "400"]

        stage.gateway()
        walk.run("host-shim sidecar print-config").succeeds().says(f'"http://127.0.0.1:{PORT}"', token_of(SIDECAR))
        walk.also("host-shim sidecar up").succeeds()  # What is upgraded runs.
        walk.run("host-shim sidecar upgrade 2026.9.6").succeeds().says("2026.9.6", "2026.2.9")
        assert "OPENCLAW_VERSION=2026.2.9" in (SIDECAR / ".env").read_text("utf-8")
        walk.end()


def the_guide_as_written() -> None:
    """From an empty server to the first answer: the archive, the wheel, and no file edited by hand."""
    archive, wheel = Path(os.environ["OPENCLAW_ARCHIVE"]), Path(os.environ["OPENCLAW_WHEEL"])
    with Stage() as stage:
        for file in archive, wheel:
            (stage.home / file.name).symlink_to(file)
        stage.astrbot()
        walk = stage.walk(
            "host-shim/sidecar/templates/GUIDE.md", path=stage.venv(), LANG="zh_CN.UTF-8", PIP_NO_INDEX="1"
        )
        walk.run("tar xzf").succeeds()
        walk.also("host-shim --version && ./openclaw-sidecar --version && bash completions/host-shim.bash").succeeds()
        walk.folder = stage.home
        walk.run("pip install").succeeds().says("print-config")
        walk.run("host-shim sidecar init --from-astrbot").succeeds()
        # The other of two ways, for which the engine has AstrBot's container.
        with stage.astrbot_container():
            walk.run("host-shim sidecar init --astrbot-container").succeeds().says("openclaw-gateway:18789")
        gateway = stage.gateway()
        walk.run("host-shim sidecar up").succeeds().says("异常 0 项")
        walk.run("export $(").succeeds().says("用一句话介绍你自己")
        assert len(gateway.requests) == 2, gateway.requests
        walk.run("host-shim sidecar print-config").succeeds().says(f'"http://127.0.0.1:{PORT}"', token_of(SIDECAR))
        walk.end()
        # The wheel's program does the same.
        walk.also(f"python -m astr_openclaw sidecar model --from-astrbot {ASTRBOT}").succeeds().says("m-1", PROVIDER)
        walk.also("python -m astr_openclaw sidecar doctor").succeeds().says("异常 0 项")


def the_python_page_as_written() -> None:
    """The Python module's page, with the wheel in an environment of its own."""
    wheel = Path(os.environ["OPENCLAW_WHEEL"])
    with Stage() as stage:
        venv = stage.venv()
        there = stage.home / "target/astrbot"
        there.mkdir(parents=True)
        (there / wheel.name).symlink_to(wheel)
        walk = stage.walk("host-shim/python/README.md", path=venv, PIP_NO_INDEX="1")
        walk.run("host-shim/python/build_wheel").succeeds()
        with Gateway(PORT) as gateway:
            walk.fill["…"] = gateway.token
            walk.python("import asyncio", venv / "python").succeeds().says("What is new?")
        walk.end()


def the_wasi_page_as_written() -> None:
    """The released command under the stock wasmtime."""
    with Stage() as stage:
        stage.program("wasmtime", Path(os.environ["OPENCLAW_WASMTIME"]))
        walk = stage.walk("plugin/wasi/README.md", Path(os.environ["OPENCLAW_RELEASED"]))
        with Gateway(PORT) as gateway:
            walk.fill["…"] = gateway.token
            walk.run("export OPENCLAW_GATEWAY_URL").succeeds().says("ping", "token-primary", '"breakers"')
        walk.end()


def commands_within_lines_exist() -> None:
    """Every command of ours within a line of a page exists, with all its options."""
    pages = output("git", "-C", os.fspath(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
    checked = set()
    for page in pages.splitlines():
        for code in re.findall(r"`([^`\n]+)`", (ROOT / page).read_text("utf-8")):
            for command in re.split(r" && | \| ", code):
                words = (
                    command.removeprefix("python -m astr_openclaw").removeprefix("cargo run --release --bin").split()
                )
                if not words or words[0] not in ("host-shim", "openclaw-sidecar", "sidecar") or "…" in command:
                    continue
                if words[0] == "sidecar":
                    words.insert(0, "host-shim")
                words = [word for word in words if word != "--"]
                done = subprocess.run([built(words[0]), *words[1:], "--help"], capture_output=True, text=True)
                assert done.returncode == 0, f"{page}: `{command}`: {done.stderr}"
                checked.add(command)
    assert len(checked) >= 20, checked


def gateway_for(stage: Stage, root: Path) -> None:
    """Starts the gateway once a root has its token."""
    while not (root / ".env").exists():
        time.sleep(0.05)
    stage.gateway(root)


@contextlib.contextmanager
def running(process: subprocess.Popen[str], log: Path) -> Iterator[None]:
    """A gateway that was started, from when it answers to when it is ended."""
    try:
        end = time.monotonic() + LIMIT
        while not answers():
            assert process.poll() is None and time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.2)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        end = time.monotonic() + 60
        while answers():
            assert time.monotonic() < end, "the gateway does not end"
            time.sleep(0.2)


def answers() -> bool:
    """Whether something listens at the gateway's port."""
    try:
        socket.create_connection(("127.0.0.1", PORT), 5).close()
    except OSError:
        return False
    return True


def cargo() -> dict[str, str]:
    """What cargo needs to know, which looks below the home folder otherwise."""
    homes = {"CARGO_HOME": Path.home() / ".cargo", "RUSTUP_HOME": Path.home() / ".rustup"}
    found = {name: os.environ.get(name) or os.fspath(path) for name, path in homes.items()}
    return {**found, "CARGO_TARGET_DIR": os.fspath(TARGET), "CARGO_NET_OFFLINE": "true"}


PAGES: list[Callable[[], None]] = [
    the_readme_as_written,
    the_guide_as_written,
    the_runbook_as_written,
    the_python_page_as_written,
    the_wasi_page_as_written,
    commands_within_lines_exist,
]


def main() -> int:
    """Prints a line for each page, and how many passed and failed."""
    passed = failed = 0
    for page in PAGES:
        name = page.__name__
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        begin = time.monotonic()
        try:
            page()
            told, passed = "ok  ", passed + 1
        except Exception:
            traceback.print_exc()
            told, failed = "FAIL", failed + 1
        print(f"{told} documents: {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
