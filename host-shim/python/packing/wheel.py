"""The wheel of `astr_openclaw`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from .targets import Target, zigbuild
from .tools import HERE, maturin, run, zig_environment

PACKAGE = HERE / "python" / "astr_openclaw"

#: What the package must have beside its modules and the sidecar's program.
WANTED = (
    "component/openclaw_plugin.wasm",
    "component/openclaw_plugin.cwasm",
    "component/openclaw_plugin.cwasm.json",
    "py.typed",
    "_native.pyi",
)

#: Budget of a wheel: three of them and the plugin are less than the market's 16 MB. The largest is that for musl.
MAX_WHEEL_BYTES = 5_000_000


def build_compiler(target_dir: Path) -> tuple[Path, Path]:
    """The program that compiles, which does not ship, and the component that is embedded in it. Of the whole
    workspace: with `-p host-shim-cli` cargo would resolve other features and build wasmtime once more."""
    command = ["cargo", "build", "--release", "--locked", "--bin", "host-shim"]
    messages = run(*command, "--message-format=json-render-diagnostics", CARGO_TARGET_DIR=os.fspath(target_dir))
    for message in map(json.loads, messages.splitlines()):
        if message["reason"] == "build-script-executed" and "/host-shim#" in message["package_id"]:
            return target_dir / "release" / "host-shim", Path(message["out_dir"]) / "plugin.wasm"
    sys.exit("build_wheel: cargo did not tell where it put the component")


def stage(folder: str, file: Path, name: str, mode: int) -> Path:
    """Puts a file into a folder of the package, which is emptied first."""
    shutil.rmtree(PACKAGE / folder, ignore_errors=True)
    (PACKAGE / folder).mkdir()
    place = PACKAGE / folder / name
    shutil.copyfile(file, place)
    place.chmod(mode)
    return place


def stage_component(compiler: Path, wasm: Path, target: Target | None) -> Path:
    """Puts the component and its machine code into the package; returns the component."""
    component = stage("component", wasm, "openclaw_plugin.wasm", 0o644)
    options = ["--target", target.triple] if target else []
    run(compiler, "compile", *options, component, component.with_suffix(".cwasm"))
    for path in component.parent.iterdir():
        path.chmod(0o644)  # Made for its owner alone; in the wheel it is everybody's to read.
    return component


def stage_sidecar(target_dir: Path, target: Target | None) -> None:
    """Builds the sidecar's program, of its own package: nothing of wasmtime is in its dependencies."""
    name = target.program("openclaw-sidecar") if target else "openclaw-sidecar"
    options = ["--profile", "wheel-program", "--locked", "--package", "openclaw-sidecar", "--bin", "openclaw-sidecar"]
    place = target_dir
    environment = {"CARGO_TARGET_DIR": os.fspath(target_dir)}
    if target:
        zigbuild(target, *options, **environment)
        place = target_dir / target.triple
    else:
        run("cargo", "build", *options, **environment)
    stage("bin", place / "wheel-program" / name, name, 0o755)


def build_wheel(target_dir: Path, out: Path, target: Target | None) -> Path:
    """The wheel, for every Python from 3.10 on, in `out`. Without a target it is this machine's own."""
    command: list[str | os.PathLike[str]] = [maturin(), "build", "--profile", "wheel", "--locked"]
    command += ["--compression-level", "9", "--manifest-path", HERE / "Cargo.toml"]
    # The component is a file of the wheel.
    environment = {"OPENCLAW_PLUGIN_WASM": "", "CARGO_TARGET_DIR": os.fspath(target_dir)}
    # The same files give the same wheel: maturin dates them and its list of crates so.
    environment["SOURCE_DATE_EPOCH"] = os.environ.get("SOURCE_DATE_EPOCH", "1767225600")
    if target:
        command += ["--target", target.triple, "--compatibility", target.compatibility]
        environment |= zig_environment() | target.environment(module=True)
        # For Windows mingw links: with zig, maturin 1.16 exports the initialiser by the package's name, where there is none.
        command += [] if target.windows else ["--zig"]
    with tempfile.TemporaryDirectory(dir=target_dir) as fresh:
        run(*command, "--out", fresh, **environment)
        (built,) = Path(fresh).glob("*.whl")
        check_wheel(built, target)
        out.mkdir(parents=True, exist_ok=True)
        for old in out.glob("astr_openclaw-*.whl"):
            if target is None or target.tag in tags_of(old):
                old.unlink()
        return Path(shutil.move(built, out / built.name))


def find_wheel(out: Path, target: Target) -> Path:
    """The wheel of a target that is in a folder already."""
    wheels = [wheel for wheel in out.glob("astr_openclaw-*.whl") if target.tag in tags_of(wheel)]
    if len(wheels) != 1:
        sys.exit(f"build_wheel: {len(wheels)} wheels for {target.triple} in {out}, expected one")
    check_wheel(wheels[0], target)
    return wheels[0]


def tags_of(wheel: Path) -> list[str]:
    """The platforms in a wheel's name."""
    return wheel.name.removesuffix(".whl").split("-")[-1].split(".")


def check_wheel(wheel: Path, target: Target | None) -> None:
    """Whether everything is in it, and no test server; and whether pip will take it where it should."""
    program = f"bin/{target.program('openclaw-sidecar') if target else 'openclaw-sidecar'}"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        missing = [name for name in (*WANTED, program) if f"astr_openclaw/{name}" not in names]
        if missing:
            sys.exit(f"build_wheel: {wheel.name} lacks {', '.join(missing)}")
        if not archive.getinfo(f"astr_openclaw/{program}").external_attr >> 16 & 0o111:
            sys.exit(f"build_wheel: openclaw-sidecar is not executable in {wheel.name}")
        made = json.loads(archive.read("astr_openclaw/component/openclaw_plugin.cwasm.json"))["target"]
    if target and (target.tag not in tags_of(wheel) or made != target.triple):
        sys.exit(f"build_wheel: {wheel.name} with code for {made} is not for {target.triple} ({target.tag})")
    within(wheel, MAX_WHEEL_BYTES)


def within(file: Path, limit: int) -> None:
    """Ends the program if a file is larger than its budget."""
    if (size := file.stat().st_size) > limit:
        sys.exit(f"build_wheel: {file.name} has {size} bytes, its budget is {limit}")
