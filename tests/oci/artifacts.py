"""The components and the WIT package as OCI artifacts: plugin/publish pushes them to a registry on this machine, wkg pulls
them into an empty home, and they are run from there. The step 77-oci brings the variables that are read here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from registry import MANIFEST, Registry

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [os.fspath(ROOT / place) for place in ("host-shim/python/tests", "tests/documents")]
from gateway import Gateway  # noqa: E402
from page import fenced  # noqa: E402

HOST_SHIM = os.environ["OPENCLAW_HOST_SHIM"]
DIST = Path(os.environ["OPENCLAW_RELEASED"])
WASMTIME = os.environ["OPENCLAW_WASMTIME"]
WKG = Path(os.environ["OPENCLAW_WKG"])
REGISTRY = os.environ["OPENCLAW_REGISTRY"]

SOURCE, REVISION = "https://git.example.com/astr-openclaw", "0123456789abcdef0123456789abcdef01234567"
OWNER = "some/owner"
#: The page that tells users how, and what stands for the registry there.
PAGE, EXAMPLE = "plugin/wasi/README.md", "registry.example.com"
COMPONENTS = ("openclaw-plugin", "openclaw-cli")
#: As the workspace and wit/ have them.
VERSION = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text("utf-8"), re.M)[1]  # type: ignore[index]
WIT_VERSION = re.search(r"^package astr:openclaw@(.*);$", (ROOT / "wit/types.wit").read_text("utf-8"), re.M)[1]  # type: ignore[index]
#: What wkg logs in with, and keeps, must not be this machine's.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("WKG_", "DOCKER_", "XDG_"))}


class Scene:
    """A registry and a user with an empty home."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry
        self.home = folder / "home"
        self.home.mkdir()

    def publish(self, *arguments: str, to: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, os.fspath(ROOT / "plugin/publish"), to or f"{self.registry.address}/{OWNER}"]
        given = ["--insecure", "--source", SOURCE, "--revision", REVISION, "--dist", os.fspath(DIST)]
        environment = CLEAN | {"HOME": os.fspath(self.home), "PATH": f"{WKG.parent}:{CLEAN['PATH']}"} | variables
        return subprocess.run(
            [*command, *given, *arguments], env=environment, capture_output=True, text=True, timeout=600
        )

    def pushed(self) -> str:
        done = self.publish()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str, done: subprocess.CompletedProcess[str]) -> None:
        """It ended with one line that has these words."""
        assert done.returncode == 1 and not done.stdout, done
        assert done.stderr.startswith("publish: ") and done.stderr.count("\n") == 1, done.stderr
        for word in words:
            assert word in done.stderr, done.stderr
        print(f"   {done.stderr.strip()}")

    def wkg(self, *arguments: str, within: Path) -> subprocess.CompletedProcess[str]:
        """As somebody else, who has never used it."""
        home = Path(tempfile.mkdtemp(prefix="home-", dir=self.folder))
        environment = {"HOME": os.fspath(home), "PATH": CLEAN["PATH"], "WKG_OCI_INSECURE": self.registry.address}
        return subprocess.run(
            [WKG, *arguments], env=environment, cwd=within, capture_output=True, text=True, timeout=300
        )

    def pull(self, name: str, version: str) -> Path:
        place = Path(tempfile.mkdtemp(prefix="pulled-", dir=self.folder))
        file = place / f"{name}.wasm"
        reference = f"{self.registry.address}/{OWNER}/astr/{name}:{version}"
        done = self.wkg("oci", "pull", reference, "--output", file.name, within=place)
        assert done.returncode == 0, done.stderr
        return file


def changed(scene: Scene, summed: bool) -> Path:
    """The released files, one byte of the plugin changed, with the sums of these or of the right ones."""
    dist = scene.folder / f"changed-{summed}"
    dist.mkdir()
    for name in (*(f"{name}.wasm" for name in COMPONENTS), "SHA256SUMS"):
        shutil.copyfile(DIST / name, dist / name)
    plugin = dist / "openclaw-plugin.wasm"
    before = plugin.read_bytes()
    plugin.write_bytes(after := before.replace(b"The guarded client", b"The guarded clienT", 1))
    assert after != before
    if summed:
        sums = (dist / "SHA256SUMS").read_text("utf-8")
        (dist / "SHA256SUMS").write_text(sums.replace(sha256(before), sha256(after)), "utf-8")
    return dist


def everything_pushed_has_its_types_and_annotations(scene: Scene) -> None:
    said = scene.pushed()
    print(said, end="")
    expected = {
        "openclaw-plugin": ("openclaw-plugin", VERSION, DIST / "openclaw-plugin.wasm"),
        "openclaw-cli": ("openclaw-cli", VERSION, DIST / "openclaw-cli.wasm"),
        "openclaw": ("astr:openclaw", WIT_VERSION, None),
    }
    assert scene.registry.tags() == {f"{OWNER}/astr/{name}": [one[1]] for name, one in expected.items()}
    for name, (title, version, file) in expected.items():
        manifest, digest = scene.registry.manifest(f"{OWNER}/astr/{name}", version)
        assert f"{scene.registry.address}/{OWNER}/astr/{name}:{version}@{digest}\n" in said, said
        assert manifest["mediaType"] == MANIFEST
        assert manifest["config"]["mediaType"] == "application/vnd.wasm.config.v0+json"
        [layer] = manifest["layers"]
        assert layer["mediaType"] == "application/wasm"
        if file:
            assert (layer["digest"], layer["size"]) == (f"sha256:{sha256(file.read_bytes())}", file.stat().st_size)
        annotations = {
            key.removeprefix("org.opencontainers.image."): text for key, text in manifest["annotations"].items()
        }
        assert len(annotations.pop("description")) > 20
        assert annotations == {
            "authors": "the astr-openclaw authors", "licenses": "MIT", "revision": REVISION, "source": SOURCE,
            "title": title, "version": version,
        }  # fmt: skip
        config = json.loads(scene.registry.blob(f"{OWNER}/astr/{name}", manifest["config"]["digest"]))
        assert (config["architecture"], config["os"]) == ("wasm", "wasip2"), config
        assert config["layerDigests"] == [layer["digest"]] and config["author"] == "the astr-openclaw authors", config


def pushing_again_changes_nothing(scene: Scene) -> None:
    scene.pushed()
    before = {name: scene.registry.manifest(name, tags[0])[1] for name, tags in scene.registry.tags().items()}
    # The WIT package is built anew: it has the same bytes.
    assert scene.pushed().count(" is there already, with the same content\n") == 3
    assert before == {name: scene.registry.manifest(name, tags[0])[1] for name, tags in scene.registry.tags().items()}


def a_dry_run_pushes_nothing(scene: Scene) -> None:
    done = scene.publish("--dry-run")
    assert (done.returncode, done.stdout.count(" would be pushed: ")) == (0, 3), done
    assert scene.registry.tags() == {}


def as_written(scene: Scene, begins: str) -> str:
    """A block of the page, for this registry."""
    [block] = [block for block in fenced(PAGE) if block.startswith(begins)]
    return block.replace(f"{EXAMPLE}/OWNER", f"{EXAMPLE}/{OWNER}").replace("OWNER/", f"{OWNER}/").replace(
        EXAMPLE, scene.registry.address
    )  # fmt: skip


def what_is_pulled_as_the_page_says_is_what_was_built_and_runs(scene: Scene) -> None:
    scene.pushed()
    programs, place = scene.folder / "programs", scene.folder / "user"
    for folder in programs, place:
        folder.mkdir()
    for program in HOST_SHIM, WASMTIME, os.fspath(WKG):
        (programs / Path(program).name).symlink_to(program)
    with Gateway() as gateway:
        environment = {
            "HOME": os.fspath(scene.home), "PATH": f"{programs}:{CLEAN['PATH']}",
            "OPENCLAW_GATEWAY_URL": gateway.url, "OPENCLAW_GATEWAY_TOKEN": gateway.token,
            "WKG_OCI_INSECURE": scene.registry.address,
        }  # fmt: skip
        commands = ["sh", "-euc", as_written(scene, "wkg oci pull")]
        done = subprocess.run(commands, cwd=place, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done
        print("\n".join(f"   {line}" for line in done.stdout.splitlines()))
        assert gateway.texts() == ["ping", "ping"], gateway.texts()
        assert [line for line in done.stdout.splitlines() if not line.startswith("Successfully")] == ["ping", "ping"]
    sums = (DIST / "SHA256SUMS").read_text("utf-8")
    for name in COMPONENTS:
        assert f"{sha256((place / f'{name}.wasm').read_bytes())}  {name}.wasm\n" in sums, sums


def the_wit_package_is_found_by_its_name_and_is_that_in_wit(scene: Scene) -> None:
    scene.pushed()
    place = scene.folder / "user"
    place.mkdir()
    address = scene.registry.address
    clear = f'[registry."{address}".oci]\nprotocol = "http"\n'
    (place / "config.toml").write_text(as_written(scene, "[namespace_registries]") + clear, "utf-8")
    get = ("get", f"astr:openclaw@{WIT_VERSION}", "--config", "config.toml", "--output")
    for form in "package.wasm", "package.wit":
        done = scene.wkg(*get, f"./{form}", within=place)
        assert done.returncode == 0, done.stderr
    text = (place / "package.wit").read_text("utf-8")
    assert text.startswith(f"package astr:openclaw@{WIT_VERSION};\n") and "export gateway;" in text, text
    # Documentation and what it depends on included.
    compare = ["cargo", "xtask", "wit-compat", "--packed", os.fspath(place / "package.wasm")]
    done = subprocess.run(compare, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "as in wit/" in done.stdout, done
    compare[-1] = os.fspath(scene.pull("openclaw-plugin", VERSION))
    done = subprocess.run(compare, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "this is a component, not a WIT package" in done.stderr, done


def a_registry_that_is_not_there_is_named(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = f"127.0.0.1:{server.getsockname()[1]}"
    scene.refused(free, "Connection refused", done=scene.publish(to=f"{free}/{OWNER}"))


def a_registry_without_tls_is_said(scene: Scene) -> None:
    command = [sys.executable, os.fspath(ROOT / "plugin/publish"), scene.registry.address, f"--dist={DIST}"]
    environment = CLEAN | {"HOME": os.fspath(scene.home), "PATH": f"{WKG.parent}:{CLEAN['PATH']}"}
    command += ["--source", SOURCE, "--revision", REVISION]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    scene.refused(scene.registry.address, "--insecure", done=done)


def a_file_that_is_not_as_summed_up_is_refused(scene: Scene) -> None:
    dist = changed(scene, summed=False)
    scene.refused("openclaw-plugin.wasm: sha256 is ", "SHA256SUMS says", done=scene.publish("--dist", os.fspath(dist)))
    (dist / "openclaw-plugin.wasm").unlink()
    done = scene.publish("--dist", os.fspath(dist))
    scene.refused("openclaw-plugin.wasm: No such file", "cargo xtask dist", done=done)
    assert scene.registry.tags() == {}


def a_tag_with_other_content_is_not_moved(scene: Scene) -> None:
    scene.pushed()
    before = scene.registry.manifest(f"{OWNER}/astr/openclaw-plugin", VERSION)
    dist = changed(scene, summed=True)
    done = scene.publish("--dist", os.fspath(dist))
    scene.refused(f"astr/openclaw-plugin:{VERSION} exists with other content", "raise the version", done=done)
    assert scene.registry.manifest(f"{OWNER}/astr/openclaw-plugin", VERSION) == before


def a_byte_changed_in_the_registry_is_found(scene: Scene) -> None:
    scene.pushed()
    manifest, _ = scene.registry.manifest(f"{OWNER}/astr/openclaw-cli", VERSION)
    digest = manifest["layers"][0]["digest"]
    stored = scene.registry.stored(digest)
    content = bytearray(stored.read_bytes())
    content[1000] ^= 1
    stored.write_bytes(content)
    scene.refused("Invalid digest", digest, done=scene.publish())
    reference = f"{scene.registry.address}/{OWNER}/astr/openclaw-cli:{VERSION}"
    done = scene.wkg("oci", "pull", reference, "--output", "pulled.wasm", within=scene.folder)
    assert done.returncode == 1 and f"Expected {digest}" in done.stderr, done
    assert not (scene.folder / "pulled.wasm").exists()


def what_is_no_registry_or_has_no_wkg_is_refused(scene: Scene) -> None:
    done = scene.publish(to=f"https://{scene.registry.address}/{OWNER}")
    assert done.returncode == 2 and "without https://" in done.stderr.splitlines()[-1], done.stderr
    scene.refused("wkg is not on the PATH", done=scene.publish(PATH=os.fspath(scene.home)))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


CHECKS: tuple[Callable[[Scene], None], ...] = (
    everything_pushed_has_its_types_and_annotations,
    pushing_again_changes_nothing,
    a_dry_run_pushes_nothing,
    what_is_pulled_as_the_page_says_is_what_was_built_and_runs,
    the_wit_package_is_found_by_its_name_and_is_that_in_wit,
    a_registry_that_is_not_there_is_named,
    a_registry_without_tls_is_said,
    a_file_that_is_not_as_summed_up_is_refused,
    a_tag_with_other_content_is_not_moved,
    a_byte_changed_in_the_registry_is_found,
    what_is_no_registry_or_has_no_wkg_is_refused,
)


def main() -> int:
    passed = failed = 0
    for check in CHECKS:
        if not all(part in check.__name__ for part in sys.argv[1:]):
            continue
        print(f"-- {check.__name__.replace('_', ' ')}", flush=True)
        with tempfile.TemporaryDirectory(prefix="oci-") as folder:
            try:
                with Registry(REGISTRY, Path(folder) / "registry") as registry:
                    check(Scene(Path(folder), registry))
                passed += 1
            except Exception:
                failed += 1
                print(f"FAILED {check.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
