"""The wheel in the plugin's zip is pinned by its hash: report F30 (pypa/pip#8606: a package of the same
name in another index wins)."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import STAR
from fake_wheels import VERSION, install, packing_module, wheel, who
from openclaw.wheel_check import wanted_version

WHEEL = f"astr_openclaw-{VERSION}-py3-none-any.whl"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin's folder, as its zip has it."""
    folder = tmp_path / "plugin"
    ours = wheel(folder / "wheels", "ours")
    text = (STAR / "requirements.txt").read_text("utf-8")
    (folder / "requirements.txt").write_bytes(packing_module("zips").pinned_requirements(text, ours.read_bytes()))
    return folder


@pytest.fixture
def hostile(tmp_path: Path, plugin: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """An index that has the package too, also a newer one, and says that it has our hash."""
    folder = tmp_path / "hostile"
    names = [wheel(folder, "theirs", version).name for version in (VERSION, "99.0")]
    ours = hashlib.sha256((plugin / "wheels" / WHEEL).read_bytes()).hexdigest()
    page = "".join(f'<a href="/{name}#sha256={ours}">{name}</a>' for name in names)
    asked: list[str] = []

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            file = folder / self.path.strip("/")
            body = file.read_bytes() if self.path.endswith(".whl") else page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple/", folder, asked
    server.shutdown()
    server.server_close()


def test_the_bundled_wheel_is_installed_and_no_index_is_asked(plugin: Path, hostile, tmp_path: Path) -> None:
    index, _, asked = hostile
    done = install(plugin, tmp_path / "t", index, PIP_EXTRA_INDEX_URL=index)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ours" in who(tmp_path / "t") and asked == []


def test_another_file_of_that_name_is_refused(plugin: Path, hostile, tmp_path: Path) -> None:
    index, folder, _ = hostile
    (plugin / "wheels" / WHEEL).write_bytes((folder / WHEEL).read_bytes())
    done = install(plugin, tmp_path / "t", index)
    assert done.returncode != 0 and who(tmp_path / "t") == ""
    assert "HASH" in (done.stdout + done.stderr).upper()


def test_another_folder_of_links_wins_nothing(plugin: Path, hostile, tmp_path: Path) -> None:
    index, folder, _ = hostile
    install(plugin, tmp_path / "t", index, PIP_FIND_LINKS=str(folder))
    assert "theirs" not in who(tmp_path / "t")
    (plugin / "wheels" / WHEEL).unlink()
    done = install(plugin, tmp_path / "u", index, PIP_FIND_LINKS=str(folder))
    assert done.returncode != 0 and who(tmp_path / "u") == ""


def test_the_version_is_still_read_from_the_pinned_line(plugin: Path) -> None:
    text = (plugin / "requirements.txt").read_text()
    assert "--no-index" in text and "--hash=sha256:" in text
    assert wanted_version(plugin) == VERSION
    (plugin / "requirements.txt").write_text("astr-openclaw==1.2.3 --hash=sha256:00\n")
    assert wanted_version(plugin) == "1.2.3"
