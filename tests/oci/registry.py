"""Debian's docker-registry on a free loopback port, with a folder of its own."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: {folder}/blobs
http:
  addr: 127.0.0.1:0
"""


class Registry:
    """Use as a context manager."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder = folder
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def __enter__(self) -> Registry:
        self.folder.mkdir()
        settings, log = self.folder / "config.yml", self.folder / "log"
        settings.write_text(CONFIG.format(folder=self.folder), "utf-8")
        with log.open("wb") as to:
            self._process = subprocess.Popen(
                [self._program, "serve", settings], stdin=subprocess.DEVNULL, stdout=to, stderr=to
            )
        while not (found := re.search(r"listening on (127\.0\.0\.1:[0-9]+)", log.read_text("utf-8"))):
            assert self._process.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        self.address = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(30)

    def get(self, path: str, accept: str = "*/*") -> HTTPResponse:
        request = urllib.request.Request(f"http://{self.address}/v2/{path}", headers={"Accept": accept})
        response = urllib.request.urlopen(request, timeout=30)
        assert isinstance(response, HTTPResponse)
        return response

    def manifest(self, name: str, tag: str) -> tuple[dict[str, Any], str]:
        """With its digest, as the registry says it."""
        with self.get(f"{name}/manifests/{tag}", MANIFEST) as response:
            assert response.headers["Content-Type"] == MANIFEST, response.headers
            return json.load(response), response.headers["Docker-Content-Digest"]

    def blob(self, name: str, digest: str) -> bytes:
        with self.get(f"{name}/blobs/{digest}") as response:
            return response.read()

    def tags(self) -> dict[str, list[str]]:
        """All that it has."""
        with self.get("_catalog") as response:
            names = json.load(response)["repositories"]
        found = {}
        for name in names:
            # What was begun and not ended has a folder, but no tag.
            try:
                with self.get(f"{name}/tags/list") as response:
                    found[name] = json.load(response)["tags"]
            except urllib.error.HTTPError as error:
                assert error.code == 404, error
        return found

    def stored(self, digest: str) -> Path:
        """The file that it keeps a blob in."""
        kind, name = digest.split(":")
        return self.folder / f"blobs/docker/registry/v2/blobs/{kind}/{name[:2]}/{name}/data"
