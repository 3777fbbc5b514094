"""The plugin in a real AstrBot, installed as a user does, driven as QQ does, with a real gateway
behind it. `--new` runs it in the newest AstrBot, with what only that one has.

    PYTHON tests/astrbot/scenario.py [--new] --zip target/astrbot/astrbot_plugin_openclaw.zip

PYTHON needs aiohttp: tests/steps/*-astrbot.sh uses the one of the AstrBot that is tested.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from astr import PLUGIN, QQ_TOKEN, ROOT, AstrBot, Skipped  # noqa: E402
from model import PASSWORD, PONG, SECRET, Model  # noqa: E402
from onebot import QQ  # noqa: E402
from openclaw import OpenClaw  # noqa: E402
from steps import Steps  # noqa: E402
from steps_model import PROVIDER, ModelSteps  # noqa: E402

ADMIN, USER, STRANGER = 10001, 10002, 10003
GROUP, OTHER_GROUP = 555, 556
TOKEN = "gateway-token-for-the-scenario-0123456789"
MAX_ZIP = 16 << 20


def png() -> bytes:
    """A picture of one pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(b"\0\xff\0\0")) + part(b"IEND", b"")


class Scenario:
    """Everything that runs, and the steps over it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.new = options.new
        self.zip: Path = options.zip
        self.steps = Steps("AstrBot 4.29" if self.new else "AstrBot 4.14", options.only)

    async def run(self) -> int:
        async with Model() as model:
            self.model = model
            # The newest AstrBot is tested with the gateway that offers client tools to its model.
            self.gateway = OpenClaw("2026.9.6" if self.new else "2026.2.9", TOKEN, model.url)
            self.astr = AstrBot(new=self.new, model_url=model.url)
            self.qq = QQ(self.astr.qq_port, QQ_TOKEN)
            try:
                try:
                    await self.astr.prepare()
                except Skipped as why:
                    self.steps.skip("all of it", str(why))
                    return self.steps.summary()
                if await self.steps.run("AstrBot and the gateway start", self.start, 400, always=True):
                    await self.play()
            finally:
                await self.qq.close()
                if self.steps.failed and self.astr.log_path.exists():
                    print("AstrBot's last lines:\n" + "\n".join(self.astr.log().splitlines()[-60:]))
                await self.astr.close()
                self.gateway.close()
            return self.steps.summary()

    async def play(self) -> None:
        step = self.steps.run
        if not await step("the zip is small and holds what it needs", self.small_zip, always=True):
            return
        await step("a zip for another platform: one clear line, AstrBot goes on", self.foreign)
        if not await step("the zip installs with its own wheel and nothing else", self.install, always=True):
            return
        await step("without settings every command says what is missing", self.unset)
        if not await step("three settings are enough", self.set_up, always=True):
            return
        self.steps.recover = self.set_right
        await step("help", self.help)
        await step("diagnosis: all is well, without a model call", self.diagnosis)
        await step("status", self.status)
        await step("a task, with and without the slash, new lines kept", self.task)
        await step("an image goes along", self.image)
        await step("an image under low memory is refused in Chinese", self.low_memory)
        await step("web chat gets the answer while it comes", self.web_chat)
        await step("QQ gets the answer by sentence, if so set", self.sentences)
        await step("two users at once: the second waits and is told, in order", self.two_users)
        await step("cancel ends the caller's turn and no other's", self.cancel)
        await step("who may not gets silence, and so does AstrBot's own model", self.silence)
        await step("groups: only listed ones; secrets masked", self.groups)
        await step("users and groups bound to a platform", self.bound)
        await step("an admin cancels everyone's tasks", self.cancel_all)
        await step("control characters of the model are not shown", self.control_characters)
        await step("a wrong token is diagnosed, the breaker opens, admins reset it", self.wrong_token)
        await step("a gateway killed in mid-answer", self.killed, 400)
        await step("a session is remembered; a reset forgets; a restart of the plugin keeps it", self.sessions)
        await step("five reloads: no duplicate, no leak, no lost session", self.reloads)
        await step("settings that are wrong are told by every command", self.bad_settings)
        await step("another component is taken at the reload, and shown", self.other_component)
        await step("files that are no component are refused in one line, the shipped one goes on", self.bad_components)
        await ModelSteps(self, ADMIN, USER).play()
        if self.new:
            await step("AstrBot's tools serve a task, by level", self.task_tools)
            await step("/stop ends a task and a talk", self.stop_command)
            await step("the status page in Chromium", self.status_page)
        await step("audit log: who, what, how it ended; no text, no token", self.audit)
        await step("SIGINT in mid-turn ends AstrBot and the turn", self.interrupt)
        await step("after a restart all is as it was: sessions, counters, models", self.restart)
        await step("no token in any log", self.no_token)

    # Steps.

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
                    content = content.replace(b"x86_64", b"aarch64")
                target.writestr(info.filename.replace("x86_64.whl", "aarch64.whl"), content)
        await self.astr.install(other)
        await self.qq.ask(ADMIN, "/助手 你好", "wheel 不适用于本机")
        lines = [line for line in self.astr.log().splitlines() if "不适用于本机" in line and "ERRO" in line]
        assert lines and "Traceback" not in self.astr.log(), lines
        await self.astr.post("plugin/uninstall", {"name": PLUGIN, "delete_config": True, "delete_data": True})
        other.unlink()

    async def install(self) -> None:
        # A model of a type that AstrBot does not know yet: as where the plugin was removed for a while.
        await self.astr.post("config/provider/new", PROVIDER, check=False)
        await self.astr.install(self.zip)
        assert "astr_openclaw" in subprocess.run(
            ["find", self.site_packages(), "-maxdepth", "1", "-name", "astr_openclaw"], capture_output=True, text=True
        ).stdout

    def site_packages(self) -> str:
        base = self.astr.folder if self.astr._root is None else Path(f"{self.astr._root}{self.astr._inside}")
        return str(next((base / "v/lib").glob("python3*/site-packages")))

    async def unset(self) -> None:
        for command in ("诊断", "状态", "你好"):
            await self.qq.ask(ADMIN, f"/助手 {command}", ("config_invalid", "gateway_bearer_token"))

    async def set_up(self) -> None:
        await self.astr.configure(
            gateway_primary_url=self.gateway.url, gateway_bearer_token=TOKEN, users=[str(USER), "astrbot"]
        )

    async def set_right(self) -> None:
        """The settings as the steps expect them, nothing held, nothing open."""
        self.model.release()
        if not self.gateway.alive():
            await self.gateway.start()
        if not self.astr.alive():
            return
        await self.astr.configure(
            gateway_primary_url=self.gateway.url, gateway_bearer_token=TOKEN, user_level="L1", streaming="auto",
            tell_refused=False, limits={"heavy_floor_mib": 512, "breaker_open_seconds": 60},
        )
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")

    async def hold(self, user: int, text: str) -> int:
        """Says something whose answer is held back. Returns as `QQ.say` does, once it is held."""
        # A gateway that was killed may have begun the same again by itself.
        self.model.release()
        since = await self.qq.say(user, text)
        await asyncio.wait_for(self.model.held.wait(), 60)
        return since

    async def help(self) -> None:
        await self.qq.ask(USER, "/助手 帮助", ("诊断", "状态", "取消", "会话重置", "熔断复位"))
        await self.qq.ask(USER, "助手", "会话重置")

    async def diagnosis(self) -> None:
        before = len(self.model.calls)
        text = await self.qq.ask(ADMIN, "/助手 诊断", "一切正常")
        assert "token-primary" in text and "❌" not in text, text
        assert len(self.model.calls) == before

    async def status(self) -> None:
        text = await self.qq.ask(ADMIN, "/助手 状态", ("关闭（正常）", "MiB", "sha256:"))
        assert self.shipped_hash()[:16] in text, text

    def shipped_hash(self) -> str:
        return hashlib.sha256(zipfile.ZipFile(self.zip).read(f"{PLUGIN}/openclaw_plugin.wasm")).hexdigest()

    async def task(self) -> None:
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        await self.qq.ask(USER, "助手 你好", PONG)
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_LAST 第一行\n  第二行\n\n第四行", "第四行")
        assert "第一行\\n  第二行\\n\\n第四行" in text, text

    async def image(self) -> None:
        await self.qq.ask(ADMIN, "/助手 这是什么", PONG, image=png())
        content = self.model.calls[-1]["messages"]
        assert "image_url" in json.dumps(content), "the model saw no image"

    async def low_memory(self) -> None:
        before = len(self.model.calls)
        await self.astr.configure(limits={"heavy_floor_mib": 1 << 24})
        await self.qq.ask(ADMIN, "/助手 这是什么", ("heavy_task_refused", "内存不足"), image=png())
        await self.qq.ask(ADMIN, "/助手 画一张图片", "heavy_task_refused")
        assert len(self.model.calls) == before
        await self.qq.ask(ADMIN, "/助手 你好", PONG)
        await self.astr.configure(limits={"heavy_floor_mib": 512})

    async def web_chat(self) -> None:
        session = (await self.astr.get("chat/new_session"))["data"]
        session = session.get("session_id") or session.get("conversation_id")
        self.model.release()
        asked = asyncio.create_task(self.astr.web_chat("/助手 MAGIC_HOLD", session))
        await asyncio.wait_for(self.model.held.wait(), 60)
        await asyncio.sleep(1)  # For the deltas before the gate to arrive.
        opened = asyncio.get_running_loop().time()
        self.model.release()
        events = await asked
        pieces = [e for e in events if e.get("type") == "plain" and e.get("data")]
        early = "".join(e["data"] for e in pieces if e["at"] < opened)
        assert "门前" in early and "门后" not in early, events
        assert any("门后" in e["data"] for e in pieces), events

    async def sentences(self) -> None:
        await self.astr.configure(streaming="sentences")
        since = len(self.qq.sent)
        await self.qq.ask(ADMIN, "/助手 MAGIC_LONG", "第五句话到此为止", seconds=90)
        mine = [sent.text for sent in self.qq.sent[since:]]
        await self.astr.configure(streaming="auto")
        assert len(mine) >= 2, mine
        joined = "".join(mine)
        assert [joined.count(f"第{n}句话") for n in "一二三四五"] == [1] * 5, mine

    async def two_users(self) -> None:
        first = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        before = len(self.model.calls)
        second = await self.qq.say(USER, "/助手 第二个")
        await self.qq.until(f"private:{USER}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 1"))
        assert len(self.model.calls) == before, "the second did not wait"
        self.model.release()
        await self.qq.until(f"private:{ADMIN}", first, "门后")
        await self.qq.until(f"private:{USER}", second, PONG)
        order = [sent.chat for sent in self.qq.sent if "门后" in sent.text or sent.text == PONG][-2:]
        assert order == [f"private:{ADMIN}", f"private:{USER}"], order

    async def cancel(self) -> None:
        await self.qq.ask(USER, "/助手 取消", "没有正在运行")
        first = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        second = await self.qq.say(USER, "/助手 在后面")
        await self.qq.until(f"private:{USER}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 取消", "已请求取消")
        await self.qq.until(f"private:{USER}", second, "cancelled")
        await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 0"))
        await self.qq.ask(ADMIN, "/助手 取消", "已请求取消")
        await self.qq.until(f"private:{ADMIN}", first, "cancelled")
        # 2026.2.9 goes on with what it had begun, which counts as running (report R1); newer ones end
        # it, and put the words that were never answered before the next, which would hold it again.
        if not self.new:
            await self.qq.ask(USER, "/助手 状态", ("运行 1", "等待 0"))
            self.model.release()
            while "运行 1" in await self.qq.ask(USER, "/助手 状态", "等待 0"):
                pass
        await self.qq.ask(USER, "/助手 状态", ("运行 0", "等待 0"))
        self.model.release()
        await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 你好", PONG)

    async def silence(self) -> None:
        calls = len(self.model.calls)
        since = await self.qq.say(STRANGER, "/助手 你好")
        await self.qq.say(STRANGER, "助手 你好")
        await self.qq.say(STRANGER, "/助手 诊断")
        await self.qq.silence(since, 3)
        assert len(self.model.calls) == calls, "it fell through to a model"
        await self.astr.configure(tell_refused=True)
        await self.qq.ask(STRANGER, "/助手 你好", "没有使用")
        await self.astr.configure(tell_refused=False)

    async def groups(self) -> None:
        await self.astr.configure(groups=[str(GROUP)])
        await self.qq.ask(ADMIN, "/助手 你好", PONG, group=GROUP)
        await self.qq.ask(USER, "助手 你好", PONG, group=GROUP)
        calls = len(self.model.calls)
        since = await self.qq.say(ADMIN, "/助手 你好", group=OTHER_GROUP)
        await self.qq.say(STRANGER, "/助手 你好", group=GROUP)
        await self.qq.silence(since, 3)
        assert len(self.model.calls) == calls
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_SECRET", "请保密", group=GROUP)
        assert SECRET not in text and PASSWORD not in text and text.count("＊＊＊") == 2, text
        assert SECRET in await self.qq.ask(ADMIN, "/助手 MAGIC_SECRET", "请保密")

    async def bound(self) -> None:
        """Report P17 (attack)."""
        await self.astr.configure(users=[f"other:{USER}", "astrbot"], groups=[f"other:{GROUP}"])
        since = await self.qq.say(USER, "/助手 你好")
        await self.qq.say(ADMIN, "/助手 你好", group=GROUP)
        await self.qq.silence(since, 3)
        await self.astr.configure(users=[f"fakeqq:{USER}", "astrbot"], groups=[f"fakeqq:{GROUP}"])
        await self.qq.ask(USER, "/助手 你好", PONG)
        await self.qq.ask(USER, "/助手 你好", PONG, group=GROUP)
        await self.astr.configure(users=[str(USER), "astrbot"], groups=[str(GROUP)])

    async def cancel_all(self) -> None:
        """Report P11 (attack)."""
        first = await self.hold(USER, "/助手 MAGIC_HOLD")
        second = await self.qq.say(ADMIN, "/助手 在后面")
        await self.qq.until(f"private:{ADMIN}", second, "ℹ️")
        await self.qq.ask(USER, "/助手 全部取消", "只有管理员")
        await self.qq.ask(ADMIN, "/助手 全部取消", "全部 2 个")
        await self.qq.until(f"private:{USER}", first, "cancelled")
        await self.qq.until(f"private:{ADMIN}", second, "cancelled")
        # As after `取消`.
        self.model.release()
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 你好", PONG)

    async def control_characters(self) -> None:
        """Report P16 (attack)."""
        # What the gateway or the component has taken the escape off is plain text by then.
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_CONTROL", ("看不", "的字"))
        assert text.isprintable(), ascii(text)

    async def wrong_token(self) -> None:
        await self.astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        text = await self.qq.ask(ADMIN, "/助手 诊断", ("auth_failed", "原因", "办法"))
        assert "wrong-token" not in text
        for _ in range(2):
            await self.qq.ask(ADMIN, "/助手 你好", ("auth_failed", "令牌"))
        await self.qq.ask(ADMIN, "/助手 你好", ("circuit_open", "秒后重试"))
        await self.qq.ask(ADMIN, "/助手 状态", ("打开（暂停请求）", "连续失败 2 次"))
        # A reload is no way around it.
        await self.astr.reload()
        await self.qq.ask(ADMIN, "/助手 状态", ("打开（暂停请求）", "连续失败 2 次"))
        await self.qq.ask(ADMIN, "/助手 你好", "circuit_open")
        await self.qq.ask(USER, "/助手 熔断复位", "只有管理员")
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")
        await self.qq.ask(ADMIN, "/助手 状态", "关闭（正常）")
        await self.astr.configure(gateway_bearer_token=TOKEN)

    async def killed(self) -> None:
        since = await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        await asyncio.sleep(1)  # For the deltas before the gate to arrive.
        self.gateway.kill()
        await self.qq.until(f"private:{ADMIN}", since, ("stream_interrupted", "门前", "原因", "办法"))
        self.model.release()
        await self.qq.ask(ADMIN, "/助手 你好", "network_or_unreachable")
        await self.qq.ask(ADMIN, "/助手 诊断", ("network_or_unreachable", "❌"))
        await self.gateway.start()
        await self.qq.ask(ADMIN, "/助手 熔断复位", "已复位")
        # Newer gateways put the words that were never answered before the next: MAGIC_HOLD again.
        await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        await self.qq.ask(ADMIN, "/助手 你好", PONG, seconds=120)

    async def sessions(self) -> None:
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 记住甲", PONG)
        assert "记住甲" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 一", "MAGIC_ECHO 一")
        await self.qq.ask(ADMIN, "/助手 MAGIC_ECHO 二", "MAGIC_ECHO 二")
        assert "记住甲" not in self.qq.sent[-1].text, "two chats share a session"
        await self.astr.reload()
        assert "记住甲" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 三", "MAGIC_ECHO 三")
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        assert "记住甲" not in await self.qq.ask(USER, "/助手 MAGIC_ECHO 四", "MAGIC_ECHO 四")

    async def reloads(self) -> None:
        await self.qq.ask(USER, "/助手 记住乙", PONG)
        await self.astr.reload()
        await self.qq.ask(USER, "/助手 你好", PONG)
        counted = self.completed(await self.qq.ask(ADMIN, "/助手 状态", "累计"))
        before = self.astr.usage()
        for _ in range(5):
            await self.astr.reload()
            since = await self.qq.say(USER, "/助手 你好")
            await self.qq.until(f"private:{USER}", since, PONG)
            await asyncio.sleep(0.5)
            answers = [sent.text for sent in self.qq.sent[since:]]
            assert answers == [PONG], f"more than one answer: {answers}"
        after = self.astr.usage()
        print(f"     over five reloads: {before} → {after}", flush=True)
        assert after["threads"] <= before["threads"] + 2 and after["descriptors"] <= before["descriptors"] + 3
        assert after["kib"] - before["kib"] < 20 << 10, "memory grows with reloads"
        assert self.completed(await self.qq.ask(ADMIN, "/助手 状态", "累计")) == counted + 5
        assert "记住乙" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 五", "MAGIC_ECHO 五")

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

    @staticmethod
    def completed(status: str) -> int:
        """The number of turns that were completed, as the status tells."""
        return int(status.split("完成 ")[1].split("，")[0])

    async def remembered(self) -> str:
        """What the gateway's session of the talk holds."""
        await self.qq.ask(ADMIN, "记住丙", PONG)
        return await self.qq.ask(ADMIN, "MAGIC_ECHO 六", "MAGIC_ECHO 六")

    async def task_tools(self) -> None:
        text = await self.qq.ask(ADMIN, "/助手 MAGIC_TOOL=astrbot_scenario_time", "工具说：", seconds=90)
        assert "42 o'clock" in text, text
        # A user's turns ask for L1, and a tool that is not listed needs L2.
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "没有工具 astrbot_scenario_time", seconds=90)
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_plugins", ("工具说：", PLUGIN), seconds=90)
        await self.astr.configure(tool_levels={"L1": ["scenario_time"]})
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "42 o'clock", seconds=90)
        # AstrBot's own rule for this tool holds too, whatever the level.
        await self.astr.post("tools/permission", {"name": "scenario_time", "permission": "admin"})
        await self.qq.ask(USER, "/助手 MAGIC_TOOL=astrbot_scenario_time", "Permission denied", seconds=90)
        await self.qq.ask(ADMIN, "/助手 MAGIC_TOOL=astrbot_scenario_time", "42 o'clock", seconds=90)
        await self.astr.post("tools/permission", {"name": "scenario_time", "permission": "member"})

    async def stop_command(self) -> None:
        for words, ended in (("/助手 MAGIC_HOLD", "cancelled"), ("MAGIC_HOLD", None)):
            since = await self.hold(ADMIN, words)
            await self.qq.ask(ADMIN, "/助手 状态", "运行 1")
            await self.qq.say(ADMIN, "/stop")
            if ended:
                await self.qq.until(f"private:{ADMIN}", since, ended)
            await self.idle()
            self.model.release()
            await self.qq.ask(ADMIN, "/助手 会话重置", "新的会话")
        # As with a task: the words that were never answered would be put before the next.
        await self.qq.ask(ADMIN, "/new", "conversation")

    async def idle(self) -> None:
        for _ in range(20):
            if "运行 0" in await self.qq.ask(ADMIN, "/助手 状态", "运行"):
                return
            await asyncio.sleep(0.5)
        raise AssertionError("the turn goes on")

    async def status_page(self) -> None:
        from page import read_status_page

        await read_status_page(self)

    async def audit(self) -> None:
        text = (self.astr.plugin_data / "audit.jsonl").read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines and set(lines[0]) >= {"time", "door", "who", "session", "level", "outcome", "code", "seconds"}
        assert {"completed", "denied", "fault", "diagnose"} <= {line["outcome"] for line in lines}
        assert {"auth_failed", "cancelled", "stream_interrupted"} <= {line["code"] for line in lines}
        assert {"chat", "model"} <= {line["door"] for line in lines}
        assert f"fakeqq:{STRANGER}" in {line["who"] for line in lines}
        assert TOKEN not in text and "wrong-token" not in text and "记住" not in text and PONG not in text

    async def interrupt(self) -> None:
        await self.qq.ask(USER, "/助手 会话重置", "新的会话")
        await self.qq.ask(USER, "/助手 记住丁", PONG)
        self.counted = self.completed(await self.qq.ask(USER, "/助手 状态", "累计"))
        await self.hold(ADMIN, "/助手 MAGIC_HOLD")
        before = len(self.astr.log())
        started = time.monotonic()
        status = await self.astr.stop()
        self.stopped_at = len(self.astr.log())
        rest = self.astr.log()[before:]
        print(f"     it ended after {time.monotonic() - started:.1f} s with status {status}", flush=True)
        assert status in (0, 1, 130), f"status {status}"
        assert "panicked" not in rest and "Fatal Python error" not in rest, rest
        await self.qq.close()
        self.model.release()

    async def restart(self) -> None:
        await self.astr.start()
        await self.qq.connect()
        await self.astr.login()
        # The port is open before the plugins are loaded.
        for _ in range(100):
            if "sha256:" in self.astr.log()[self.stopped_at :]:
                break
            await asyncio.sleep(0.2)
        status = await self.qq.ask(ADMIN, "/助手 状态", ("运行 0", "等待 0"))
        assert self.completed(status) == self.counted, status
        assert "记住丁" in await self.qq.ask(USER, "/助手 MAGIC_ECHO 七", "MAGIC_ECHO 七")
        await self.qq.ask(ADMIN, "还在吗", PONG)
        status = await self.qq.ask(ADMIN, "/助手 状态", "累计")
        assert self.completed(status) == self.counted + 2, "the chat model is not the plugin's any more"
        listed = await self.qq.ask(ADMIN, "/provider", "openclaw")
        assert len([line for line in listed.splitlines() if "openclaw" in line]) == 1, listed

    async def no_token(self) -> None:
        for path in [self.astr.log_path, *self.astr.data.rglob("*.log"), *self.astr.plugin_data.rglob("*.json*")]:
            text = path.read_text("utf-8", "replace")
            for token in (TOKEN, "wrong-token-for-the-scenario", "zz secret with spaces"):
                # AstrBot itself writes changed settings into its log at DEBUG.
                lines = [line for line in text.splitlines() if token in line]
                assert not lines, f"{path}: {lines[0][:300]}"


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", action="store_true", help="the newest AstrBot")
    parser.add_argument("--zip", type=Path, default=ROOT / "target/astrbot/astrbot_plugin_openclaw.zip")
    parser.add_argument("--only", help="the steps whose names hold this, and those that set things up")
    options = parser.parse_args()
    if not options.zip.is_file():
        parser.error(f"{options.zip} is not there; host-shim/python/build_wheel makes it")
    return asyncio.run(Scenario(options).run())


if __name__ == "__main__":
    sys.exit(main())
