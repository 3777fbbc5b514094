"""The table `targets.json`: for which machines wheels are built, how, and which zip has which."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from .tools import HERE, run, rust_target, zig_environment

TABLE = HERE / "targets.json"


@dataclass(frozen=True)
class Target:
    """A machine that a wheel is for."""

    #: Rust's name for it.
    triple: str
    #: What the wheel's name ends with: pip picks by it.
    tag: str
    #: What maturin has to check and name it as.
    compatibility: str
    #: The triple for cargo-zigbuild, with the oldest glibc.
    zig: str
    #: For the Python module; the programs do without.
    rustflags: str = ""
    #: The oldest macOS. There it links against Apple's frameworks; zig has none: their symbols are in `frameworks`.
    macos: str = ""

    @property
    def windows(self) -> bool:
        """Whether its programs end with `.exe`."""
        return "-windows-" in self.triple

    def environment(self, *, module: bool) -> dict[str, str]:
        """The flags for rustc, as cargo takes them: for the Python module, or for a program."""
        flags = [self.rustflags] if module and self.rustflags else []
        variables = {}
        if self.macos:
            flags.append(f"-C link-arg=-F{HERE / 'frameworks'}")
            variables["MACOSX_DEPLOYMENT_TARGET"] = self.macos
        if flags:
            variables[f"CARGO_TARGET_{self.triple.upper().replace('-', '_')}_RUSTFLAGS"] = " ".join(flags)
        return variables

    def program(self, name: str) -> str:
        """The file name of a program."""
        return f"{name}.exe" if self.windows else name


def read_targets(table: Path = TABLE) -> dict[str, Target]:
    """By triple, in the table's order."""
    return {triple: Target(triple, **row) for triple, row in json.loads(table.read_text("utf-8"))["targets"].items()}


def read_zips(table: Path = TABLE) -> dict[str, list[str]]:
    """The plugin's zips: a file name, and the triples whose wheels are in it."""
    zips: dict[str, list[str]] = json.loads(table.read_text("utf-8"))["zips"]
    return zips


def zigbuild(target: Target, *options: str, **environment: str) -> None:
    """`cargo build` of programs for a target, with zig for linker and C compiler."""
    rust_target(target.triple)
    run(
        "cargo-zigbuild",
        "zigbuild",
        "--target",
        target.zig,
        *options,
        **zig_environment(),
        **target.environment(module=False),
        **environment,
    )


def chosen(names: list[str]) -> list[Target]:
    """The targets of these names, each once, in the table's order; `all` is all of them."""
    targets = read_targets()
    if unknown := sorted({*names} - {*targets, "all"}):
        sys.exit(f"build_wheel: unknown target {', '.join(unknown)}; one of {', '.join(targets)}, all")
    return [target for triple, target in targets.items() if triple in names or "all" in names]
