"""A real AstrBot: the older one from a virtual environment, the newest in a Debian root."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "astrbot_plugin_openclaw"
QQ_TOKEN = "t0ken"
PASSWORD = "Correct-Horse-42"

#: Runs in a mount namespace of its own, so that nothing stays mounted whatever happens.
_CHROOT = (
    'mount --make-rprivate / && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && '
    'mount --bind "$1" "$0$2" && root=$0 && work=$2 && shift 2 && '
    'exec chroot "$root" env -i "$@"'
)


class Skipped(Exception):
    """It cannot be had on this machine; the text says why."""


class AstrBot:
    """One AstrBot with a data folder of its own. `new`: the newest, in the Debian root."""

    def __init__(self, *, new: bool, model_url: str) -> None:
        self.new = new
        self.folder = Path(tempfile.mkdtemp(prefix="astrbot-"))
        self.qq_port, self.web_port = _free_port(), _free_port()
        self._model_url = model_url
        self.process: subprocess.Popen[bytes] | None = None
        self._root: Path | None = None
        self._inside = ""
        self._web: aiohttp.ClientSession | None = None
        self.log_path = self.folder / "log"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def plugin_dir(self) -> Path:
        return self.data / "plugins" / PLUGIN

    @property
    def plugin_data(self) -> Path:
        return self.data / "plugin_data" / PLUGIN

    def log(self) -> str:
        """What it has written so far."""
        return self.log_path.read_text("utf-8", "replace") if self.log_path.exists() else ""

    async def prepare(self) -> None:
        """Installs AstrBot if need be, and a copy of its environment for this run: the plugin's
        wheel is installed into it. Raises `Skipped`."""
        script = ROOT / "tests/setup" / ("astrbot-root.sh" if self.new else "astrbot.sh")
        done = await asyncio.to_thread(
            subprocess.run, [script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if done.returncode == 77:
            raise Skipped(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise RuntimeError(f"{script.name} failed:\n{done.stderr[-2000:]}")
        installed = Path(done.stdout.strip())
        if self.new:
            self._root = installed
            self._inside = f"/srv/run-{self.folder.name}"
            await _copy(installed / "srv/v", Path(f"{installed}{self._inside}/v"))
            Path(f"{installed}{self._inside}/work").mkdir()
        else:
            await _copy(installed, self.folder / "v")
        self._write_config()

    def _write_config(self) -> None:
        (self.folder / ".astrbot").touch()
        (self.folder / "home").mkdir()
        (self.data / "plugins").mkdir(parents=True)
        # As `astrbot init` makes them; 4.14 writes into them without making them.
        (self.data / "temp").mkdir()
        (self.data / "config").mkdir()
        for plugin in ("astrbot_plugin_scenario", "astrbot_plugin_scenario_commands"):
            shutil.copytree(Path(__file__).parent / plugin, self.data / "plugins" / plugin)
        if not self.new:
            # Keeps it from downloading its dashboard.
            (self.data / "dist/assets").mkdir(parents=True)
            (self.data / "dist/assets/version").write_text("v4.14.6")
            (self.data / "dist/index.html").write_text("x")
        config = {
            "config_version": 2,
            "admins_id": ["astrbot", "10001"],
            "wake_prefix": ["/"],
            "log_level": "DEBUG",
            "timezone": "Asia/Shanghai",
            "platform_settings": {
                "rate_limit": {"time": 60, "count": 100000, "strategy": "discard"},
                "enable_id_white_list": False,
                "segmented_reply": {"enable": False},
            },
            # AstrBot's own model: whatever falls through to it is seen by the stand-in.
            "provider_settings": {"enable": True, "streaming_response": False, "default_provider_id": "own"},
            "provider": [
                {
                    "id": "own",
                    "provider": "openai",
                    "type": "openai_chat_completion",
                    "provider_type": "chat_completion",
                    "enable": True,
                    "key": ["sk-own"],
                    "api_base": self._model_url,
                    "timeout": 60,
                    "model": "fake-1",
                    "model_config": {"model": "fake-1"},
                    "modalities": ["text", "image", "tool_use"],
                }
            ],
            "dashboard": {
                "enable": True,
                "username": "astrbot",
                "password": hashlib.md5(PASSWORD.encode()).hexdigest(),
                "host": "127.0.0.1",
                "port": self.web_port,
                # The steps save settings faster than a person could.
                "auth_rate_limit": {"enable": False},
            },
            "platform": [
                {
                    "id": "fakeqq",
                    "type": "aiocqhttp",
                    "enable": True,
                    "ws_reverse_host": "127.0.0.1",
                    "ws_reverse_port": self.qq_port,
                    "ws_reverse_token": QQ_TOKEN,
                }
            ],
        }
        (self.data / "cmd_config.json").write_text(json.dumps(config, ensure_ascii=False))

    def _command(self, *python: str) -> tuple[list[str], dict[str, str]]:
        """The command line and the environment of a Python of this AstrBot."""
        work = str(self.folder) if self._root is None else f"{self._inside}/work"
        environment = {
            "PATH": f"{work}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": f"{work}/home",
            "LANG": "C.UTF-8",
            "ASTRBOT_DISABLE_METRICS": "1",
            "ASTRBOT_DASHBOARD_INITIAL_PASSWORD": PASSWORD,
            # What the plugin needs it must bring: nothing is to be had elsewhere.
            "PIP_NO_INDEX": "1",
            "NO_PROXY": "*",
        }
        if self._root is None:
            return [str(self.folder / "v/bin/python"), *python], environment
        settings = [f"{name}={value}" for name, value in environment.items()]
        program = [f"{self._inside}/v/bin/python", *python]
        inside = ["--chdir=" + work, *settings, *program]
        return ["unshare", "--mount", "sh", "-c", _CHROOT, str(self._root), str(self.folder), work, *inside], {
            "PATH": os.environ.get("PATH", "")
        }

    def install_host_shim(self) -> None:
        """Puts the program that build_wheel has built on AstrBot's PATH."""
        built = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release/host-shim"
        (self.folder / "bin").mkdir()
        shutil.copy(built, self.folder / "bin/host-shim")

    async def start(self) -> None:
        """Starts it. Its QQ port tells when it is ready: see `onebot.QQ.connect`."""
        arguments = ["run", "--reset-password"] if self.new else ["run"]
        command, environment = self._command(
            "-c", "import sys; sys.argv[0] = 'astrbot'; from astrbot.cli.__main__ import cli; cli()", *arguments
        )
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A background job of a shell starts with SIGINT ignored, and would hand that on.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    async def stop(self, seconds: float = 20) -> int:
        """SIGINT, as Ctrl-C does; its exit status. Raises AssertionError if it does not end."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGINT)
        try:
            return await asyncio.wait_for(asyncio.to_thread(self.process.wait), seconds)
        except asyncio.TimeoutError:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"AstrBot did not end within {seconds} s of SIGINT") from None

    def kill(self) -> None:
        """SIGKILL. Returns when it is gone."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def close(self) -> None:
        """Kills it and removes all of it."""
        if self._web is not None:
            await self._web.close()
        if self.alive():
            self.kill()
        if self._root is not None:
            # Its mounts were in a namespace of its own: this is a plain folder.
            shutil.rmtree(f"{self._root}{self._inside}", ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    # The dashboard.

    async def login(self) -> None:
        """Logs in to the dashboard's API."""
        if self._web is not None:
            await self._web.close()
        self._web = aiohttp.ClientSession(f"http://127.0.0.1:{self.web_port}")
        words = [PASSWORD, hashlib.md5(PASSWORD.encode()).hexdigest()]
        for word in words if self.new else reversed(words):
            answer = await self.post("auth/login", {"username": "astrbot", "password": word}, check=False)
            if answer.get("status") == "ok":
                self._web.headers["Authorization"] = f"Bearer {answer['data']['token']}"
                self.jwt = answer["data"]["token"]
                return
        raise AssertionError(f"cannot log in to the dashboard: {answer}")

    async def post(self, path: str, body: Any = None, *, check: bool = True, **query: str) -> dict[str, Any]:
        """A POST to the dashboard's API. `body`: JSON, unless it is a form, or a text as it is."""
        assert self._web is not None
        how = {"data": body} if isinstance(body, (aiohttp.FormData, str)) else {"json": body}
        async with self._web.post(f"/api/{path}", params=query, timeout=aiohttp.ClientTimeout(300), **how) as answer:
            result = await answer.json(content_type=None)
        if check:
            assert result.get("status") == "ok", f"{path}: {result}"
        return result

    async def get(self, path: str, **query: str) -> Any:
        """A GET of the dashboard's API."""
        assert self._web is not None
        async with self._web.get(f"/api/{path}", params=query) as answer:
            return await answer.json(content_type=None)

    async def install(self, archive: Path) -> dict[str, Any]:
        """Uploads the plugin's zip, as a user does in the dashboard."""
        form = aiohttp.FormData()
        form.add_field("file", archive.read_bytes(), filename=archive.name, content_type="application/zip")
        return await self.post("plugin/install-upload", form)

    async def reload(self) -> None:
        """Reloads the plugin, as its button in the dashboard does."""
        await self.post("plugin/reload", {"name": PLUGIN})

    def settings(self) -> dict[str, Any]:
        """The plugin's settings as they are stored."""
        path = self.data / "config" / f"{PLUGIN}_config.json"
        return json.loads(path.read_text("utf-8-sig"))

    async def configure(self, **changes: Any) -> None:
        """Saves changed settings, as the dashboard does; AstrBot reloads the plugin then."""
        settings = self.settings()
        for key, value in changes.items():
            if isinstance(value, dict):
                settings[key] = {**settings.get(key, {}), **value}
            else:
                settings[key] = value
        await self.post("config/plugin/update", settings, plugin_name=PLUGIN)

    async def web_chat(self, text: str, session: str, seconds: float = 60) -> AsyncIterator[str]:
        """Says something in the web chat; the pieces of the answer, to its end."""
        assert self._web is not None
        body = {"message": text, "session_id": session, "enable_streaming": True}
        async with self._web.post("/api/chat/send", json=body, timeout=aiohttp.ClientTimeout(total=seconds)) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if event.get("type") == "end":
                        break
                    if event.get("type") == "plain":
                        yield event.get("data") or ""

    # The process.

    def pid(self) -> int:
        """The process of AstrBot itself."""
        assert self.process is not None
        return self.process.pid

    def usage(self) -> dict[str, int]:
        """Its threads, descriptors and resident KiB."""
        proc = Path(f"/proc/{self.pid()}")
        resident = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return {
            "threads": len(os.listdir(proc / "task")),
            "descriptors": len(os.listdir(proc / "fd")),
            "kib": int(resident.split()[1]),
        }


async def _copy(source: Path, place: Path) -> None:
    """A copy that shares the files (they are replaced, never written in place), or else a real one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for how in ("-al", "-a"):
        done = await asyncio.to_thread(subprocess.run, ["cp", how, source, place], stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            return
        shutil.rmtree(place, ignore_errors=True)
    raise RuntimeError(f"cannot copy {source}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
