"""Which component is run: the shipped one, another one, one that cannot be."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest
from astr_openclaw import LoadError, Plugin, shipped_component
from conftest import fake_host_shim
from gateway import Gateway


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The same component with a custom section more: another file of the same world."""
    path = tmp_path / "other.wasm"
    name = b"\x04note"
    path.write_bytes(shipped_component().read_bytes() + b"\x00" + bytes([len(name) + 2]) + name + b"hi")
    return path


def compiler_calls(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    from astr_openclaw import _component

    calls: list[Path] = []
    real = _component._compile

    async def counted(wasm: Path, artifact: Path, *, own: bool) -> None:
        calls.append(wasm)
        await real(wasm, artifact, own=own)

    monkeypatch.setattr(_component, "_compile", counted)
    return calls


async def test_the_shipped_component_needs_neither_compiler_nor_cache(
    gateway: Gateway, tmp_path: Path, monkeypatch
) -> None:
    calls = compiler_calls(monkeypatch)
    copy = tmp_path / "copy.wasm"
    copy.write_bytes(shipped_component().read_bytes())
    async with await Plugin.load(gateway.config, component=copy, cache_dir=tmp_path / "cache") as plugin:
        assert plugin.component.code == "precompiled"
        assert plugin.component.sha256 == hashlib.sha256(copy.read_bytes()).hexdigest()
        assert plugin.component.world.startswith("astr:openclaw/plugin@")
    assert calls == [] and not (tmp_path / "cache").exists()


async def test_another_component_is_compiled_once_and_then_cached(
    gateway: Gateway, tmp_path: Path, other: Path, monkeypatch
) -> None:
    calls = compiler_calls(monkeypatch)
    for _ in range(3):
        async with await Plugin.load(gateway.config, component=other, cache_dir=tmp_path / "cache") as plugin:
            assert plugin.component.sha256 == hashlib.sha256(other.read_bytes()).hexdigest()
            assert (await plugin.ask("hi").reply()).text == "hi"
    assert calls == [other]


@pytest.mark.parametrize("damage", [b"", b"garbage" * 100])
async def test_a_damaged_artifact_is_made_again(
    gateway: Gateway, tmp_path: Path, other: Path, damage: bytes, monkeypatch
) -> None:
    cache = tmp_path / "cache"
    await (await Plugin.load(gateway.config, component=other, cache_dir=cache)).close()
    (artifact,) = cache.glob("*.cwasm")
    artifact.write_bytes(damage)
    calls = compiler_calls(monkeypatch)
    async with await Plugin.load(gateway.config, component=other, cache_dir=cache) as plugin:
        assert (await plugin.ask("hi").reply()).text == "hi"
    assert calls == [other]


@pytest.mark.parametrize("what", ["text", "empty", "cut", "core module", "folder", "missing"])
async def test_what_is_no_plugin_is_refused_in_one_line(gateway: Gateway, tmp_path: Path, what: str) -> None:
    path = tmp_path / "bad.wasm"
    content = {
        "text": b"this is no wasm",
        "empty": b"",
        "cut": shipped_component().read_bytes()[:50_000],
        "core module": b"\x00asm\x01\x00\x00\x00",
    }.get(what)
    if content is not None:
        path.write_bytes(content)
    elif what == "folder":
        path.mkdir()
    with pytest.raises(LoadError) as caught:
        await Plugin.load(gateway.config, component=path, cache_dir=tmp_path / "cache")
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").glob("*.cwasm"))


async def test_a_component_of_another_world_is_refused_in_one_line(gateway: Gateway, tmp_path: Path) -> None:
    empty_component = tmp_path / "other_world.wasm"
    empty_component.write_bytes(b"\x00asm\x0d\x00\x01\x00")
    with pytest.raises(LoadError) as caught:
        await Plugin.load(gateway.config, component=empty_component, cache_dir=tmp_path / "cache")
    assert "\n" not in str(caught.value) and "astr:openclaw" in str(caught.value)


async def test_an_artifact_that_the_group_may_write_is_tightened(gateway: Gateway) -> None:
    artifact = shipped_component().with_suffix(".cwasm")
    before = artifact.stat().st_mode
    artifact.chmod(0o664)
    try:
        async with await Plugin.load(gateway.config) as plugin:
            assert plugin.component.code == "precompiled"
        assert artifact.stat().st_mode & 0o022 == 0
    finally:
        artifact.chmod(before & 0o7777)


@pytest.fixture
def lost(tmp_path: Path, monkeypatch):
    """A wheel that lost files: a copy of the package's component that can be damaged."""
    from astr_openclaw import _component

    copy = tmp_path / "component"
    copy.mkdir()
    for name in os.listdir(shipped_component().parent):
        (copy / name).write_bytes((shipped_component().parent / name).read_bytes())
        (copy / name).chmod(0o644)
    monkeypatch.setattr(_component, "_SHIPPED", copy / shipped_component().name)
    return copy


# Report P14 (attack).
@pytest.mark.parametrize(
    "damage", ["no code", "no description", "neither", "odd description", "empty code", "a folder"]
)
async def test_a_wheel_without_its_machine_code_compiles_it(
    gateway: Gateway, tmp_path: Path, lost: Path, damage: str
) -> None:
    (code,) = lost.glob("*.cwasm")
    (description,) = lost.glob("*.cwasm.json")
    if damage not in ("no description", "odd description"):
        code.unlink()
    if damage in ("no description", "neither"):
        description.unlink()
    if damage == "odd description":
        description.write_text("[]")
    if damage == "empty code":
        code.touch()
    if damage == "a folder":
        code.mkdir()
    async with await Plugin.load(gateway.config, cache_dir=tmp_path / "cache") as plugin:
        assert (await plugin.ask("hi").reply()).text == "hi"


# Report P14 (attack).
async def test_without_machine_code_and_compiler_the_error_says_what_to_do(
    gateway: Gateway, tmp_path: Path, lost: Path, monkeypatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    next(lost.glob("*.cwasm")).unlink()
    with pytest.raises(LoadError, match="reinstall the wheel") as caught:
        await Plugin.load(gateway.config, cache_dir=tmp_path / "cache")
    assert caught.value.kind == "no_compiler" and "\n" not in str(caught.value)


async def test_machine_code_that_others_may_write_says_so_without_a_compiler(
    gateway: Gateway, tmp_path: Path, lost: Path, monkeypatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lost.chmod(0o777)
    with pytest.raises(LoadError, match=r"others may write it.*reinstall the wheel") as caught:
        await Plugin.load(gateway.config, cache_dir=tmp_path / "cache")
    assert caught.value.kind == "no_compiler" and "\n" not in str(caught.value)


async def test_another_component_without_host_shim_says_what_is_needed(
    gateway: Gateway, tmp_path: Path, other: Path, monkeypatch
) -> None:
    for version, words in ((None, "host-shim is not on the PATH"), ("0.0.9", "host-shim is version 0.0.9")):
        folder = fake_host_shim(tmp_path / str(version), version)
        monkeypatch.setenv("PATH", str(folder))
        with pytest.raises(LoadError, match=words) as caught:
            await Plugin.load(gateway.config, component=other, cache_dir=tmp_path / "cache")
        assert caught.value.kind == "no_compiler" and "\n" not in str(caught.value)
        assert str(other) in str(caught.value) and "reinstall the wheel" not in str(caught.value)


@pytest.mark.parametrize("content", [b"this is no wasm", b"", b"\x00asm\x01\x00\x00\x00"])
async def test_what_is_no_component_is_told_without_a_compiler(
    gateway: Gateway, tmp_path: Path, monkeypatch, content: bytes
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "bad.wasm"
    path.write_bytes(content)
    with pytest.raises(LoadError) as caught:
        await Plugin.load(gateway.config, component=path, cache_dir=tmp_path / "cache")
    assert caught.value.kind == "not_a_component"


async def test_another_component_needs_nothing_of_the_shipped_one(
    gateway: Gateway, tmp_path: Path, other: Path, lost: Path
) -> None:
    for file in lost.iterdir():
        file.unlink()
    async with await Plugin.load(gateway.config, component=other, cache_dir=tmp_path / "cache") as plugin:
        assert (await plugin.ask("hi").reply()).text == "hi"


# Report A19, P14 (attack).
@pytest.mark.parametrize("path", [5, b"x", "no\0", "no\ud83d", "/dev/zero", "/proc/self/pagemap", "pipe"])
async def test_a_component_that_is_no_file_is_a_load_error(gateway: Gateway, tmp_path: Path, path: object) -> None:
    if path == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)  # type: ignore[arg-type]
    with pytest.raises(LoadError):
        await asyncio.wait_for(Plugin.load(gateway.config, component=path, cache_dir=tmp_path), 60)  # type: ignore[arg-type]


# Windows' selector loop.
async def test_a_loop_that_starts_no_programs_compiles_all_the_same(
    gateway: Gateway, tmp_path: Path, other: Path, monkeypatch
) -> None:
    async def none(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio, "create_subprocess_exec", none)
    async with await Plugin.load(gateway.config, component=other, cache_dir=tmp_path / "cache") as plugin:
        assert (await plugin.ask("hi").reply()).text == "hi"
    other.write_bytes(b"\x00asm\x0d\x00\x01\x00\x00")
    with pytest.raises(LoadError, match="cannot be used"):
        await Plugin.load(gateway.config, component=other, cache_dir=tmp_path / "cache")
