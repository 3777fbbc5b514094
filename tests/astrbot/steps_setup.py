"""Steps: installing the plugin, setting it up, and components and settings that are wrong."""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
from pathlib import Path

from astr import PLUGIN
from model import PONG
from stage import ADMIN, TOKEN, USER, Stage
from steps_model import PROVIDER

MAX_ZIP = 16 << 20


class SetupSteps(Stage):
    """From the zip to an answer, and what must not stop it."""

    async def start(self) -> None:
        await asyncio.gather(self.astr.start(), self.gateway.start())
        await self.qq.connect()
        await self.astr.login()

    async def small_zip(self) -> None:
        size = self.zip.stat().st_size
        names = zipfile.ZipFile(self.zip).namelist()
        assert size < MAX_ZIP, f"{size} bytes"
        assert f"{PLUGIN}/openclaw_plugin.wasm" in names
        kinds = {Path(name).suffix for name in names if not name.endswith("/")}
        known = {".py", ".json", ".yaml", ".txt", ".md", ".png", ".svg", ".html", ".css", ".js", ".wasm", ".whl", ""}
        assert kinds <= known, kinds - known
        assert [n for n in names if n.endswith(".whl")] and all(n.startswith(f"{PLUGIN}/") for n in names)

    async def foreign(self) -> None:
        """The same zip as it would be made for ARM: what this one is to an ARM machine."""
        other = self.astr.folder / f"{PLUGIN}.zip"
        with zipfile.ZipFile(self.zip) as source, zipfile.ZipFile(other, "w") as target:
            for info in source.infolist():
                content = source.read(info)
                if info.filename.endswith("requirements.txt"):
                    content = content.replace(b"--find-links ./wheels/", b"--find-links ./wheels/arm-")
                name = info.filename.replace("/wheels/", "/wheels/arm-").replace("x86_64.whl", "aarch64.whl")
                target.writestr(name, content)
        await self.astr.install(other)
        await self.qq.ask(ADMIN, "/助手 你好", ("没有适用于本机", "请安装 astrbot_plugin_openclaw"))
        lines = [line for line in self.astr.log().splitlines() if "没有适用于本机" in line and "ERRO" in line]
        assert lines and "Traceback" not in self.astr.log(), lines
        await self.astr.post("plugin/uninstall", {"name": PLUGIN, "delete_config": True, "delete_data": True})
        other.unlink()

    async def install(self) -> None:
        # A model of a type that AstrBot does not know yet: as where the plugin was removed for a while.
        await self.astr.post("config/provider/new", PROVIDER, check=False)
        await self.astr.install(self.zip)
        assert (self.site_packages() / "astr_openclaw").is_dir()

    def site_packages(self) -> Path:
        base = self.astr.folder if self.astr._root is None else Path(f"{self.astr._root}{self.astr._inside}")
        return next((base / "v/lib").glob("python3*/site-packages"))

    async def unset(self) -> None:
        for command in ("诊断", "状态", "你好"):
            await self.qq.ask(ADMIN, f"/助手 {command}", ("config_invalid", "gateway_bearer_token"))

    async def set_up(self) -> None:
        await self.astr.configure(
            gateway_primary_url=self.gateway.url, gateway_bearer_token=TOKEN, users=[str(USER), "astrbot"]
        )

    async def help(self) -> None:
        await self.qq.ask(USER, "/助手 帮助", ("诊断", "状态", "取消", "会话重置", "熔断复位"))
        await self.qq.ask(USER, "助手", "会话重置")

    async def diagnosis(self) -> None:
        before = len(self.model.calls)
        text = await self.qq.ask(ADMIN, "/助手 诊断", "一切正常")
        assert "token-primary" in text and "levels" in text and "❌" not in text, text
        assert len(self.model.calls) == before

    async def status(self) -> None:
        text = await self.qq.ask(ADMIN, "/助手 状态", ("关闭（正常）", "MiB", "sha256:"))
        assert self.shipped_hash()[:16] in text and "只限制 AstrBot 的工具" in text, text

    async def bad_settings(self) -> None:
        good = {"gateway_primary_url": self.gateway.url, "gateway_bearer_token": TOKEN, "user_level": "L1"}
        for change, words in (
            ({"user_level": "L9"}, ("user_level", "L9")),
            ({"gateway_primary_url": ""}, ("gateway_primary_url",)),
            ({"gateway_bearer_token": "zz secret with spaces"}, ("gateway_bearer_token",)),
            ({"limits": {"breaker_open_seconds": 1}}, ("breaker_open_seconds",)),
        ):
            await self.astr.configure(**change)
            for command in ("诊断", "状态", "你好", "取消", "会话重置"):
                text = await self.qq.ask(ADMIN, f"/助手 {command}", words)
                assert "secret with" not in text, text
            assert all(word in self.astr.log() for word in words)
            await self.astr.configure(**good, limits={"breaker_open_seconds": 60})
        await self.qq.ask(ADMIN, "/助手 你好", PONG)

    async def other_component(self) -> None:
        wasm = self.astr.plugin_dir / "openclaw_plugin.wasm"
        # Another build of the same world: one that says something else, so that it is seen to run.
        usual, unusual = "令牌有效", "令牌很好"
        await self.qq.ask(ADMIN, "/助手 诊断", usual)
        assert wasm.read_bytes().count(usual.encode()) == 1
        other = wasm.read_bytes().replace(usual.encode(), unusual.encode())
        wasm.write_bytes(other)
        await self.astr.reload()
        await self.qq.ask(ADMIN, "/助手 诊断", ("openclaw_plugin.wasm 未被采用", "请把同一版本的 host-shim 放入"))
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        self.astr.install_host_shim()
        await self.astr.reload()
        digest = hashlib.sha256(other).hexdigest()
        await self.qq.ask(ADMIN, "/助手 状态", digest[:16])
        await self.qq.ask(ADMIN, "/助手 诊断", unusual)
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        cached = list((self.astr.plugin_data / "components").glob("*.cwasm"))
        assert len(cached) == 1, cached
        stamp = cached[0].stat().st_mtime_ns
        await self.astr.reload()
        await self.qq.ask(ADMIN, "/助手 状态", digest[:16])
        assert cached[0].stat().st_mtime_ns == stamp, "it was compiled twice"

    async def bad_components(self) -> None:
        wasm = self.astr.plugin_dir / "openclaw_plugin.wasm"
        shipped = zipfile.ZipFile(self.zip).read(f"{PLUGIN}/openclaw_plugin.wasm")
        for name, content in (
            ("no wasm", b"this is no component"),
            ("cut short", shipped[: len(shipped) // 2]),
            ("another world", b"\x00asm\x0d\x00\x01\x00"),
        ):
            wasm.write_bytes(content)
            before = len(self.astr.log())
            await self.astr.reload()
            await self.qq.ask(ADMIN, "/助手 诊断", ("❌", "openclaw_plugin.wasm 未被采用"))
            await self.qq.ask(ADMIN, "/助手 状态", self.shipped_hash()[:16])
            await self.qq.ask(ADMIN, "/助手 你好", PONG)
            log = self.astr.log()[before:]
            lines = [line for line in log.splitlines() if "未被采用" in line and "ERRO" in line]
            assert len(lines) == 1 and "Traceback" not in log, (name, lines)
        wasm.write_bytes(shipped)
        await self.astr.reload()
