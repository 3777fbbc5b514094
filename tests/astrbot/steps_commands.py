"""Steps: AstrBot's commands and its computer use as tools of a task, by level and with AstrBot's permissions."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from astr import PLUGIN, ROOT
from stage import ADMIN, USER, Stage

sys.path.insert(0, str(ROOT / "host-shim/python/tests"))

# It offers client tools, which 2026.2.9 never does, and calls the one that a task names.
import gateway as scripted

COMMANDS = "astrbot_plugin_scenario_commands"
NAMES = ["scn_plain", "/scn_alias", "场景天气", "scn_admin", "scn_group add", "scn_locked open", "scn_picture"]
NAMES += ["scn_sends", "scn_endless", "scn_raises", "scn_again"]


class CommandSteps:
    """What the model may do in AstrBot, beside its function tools."""

    def __init__(self, stage: Stage) -> None:
        self.s = stage

    async def play(self) -> None:
        step = self.s.steps.run
        await step("commands: what the settings allow, and what is wrong with them", self.of(self.listed))
        await step("commands: a member's and an admin's, by AstrBot's permissions", self.of(self.permissions))
        await step("commands: text to the model, pictures to the chat", self.of(self.output))
        await step("commands: one that never ends, fails, or asks the assistant", self.of(self.failures))
        await step("commands: the chat model runs them too", self.of(self.chat_model))
        await step("computer use: the shell that AstrBot offers its chat model needs L4", self.of(self.models_shell))
        if self.s.new:
            await step("computer use: files in the workspace by level", self.of(self.files))
            await step("computer use: the whole host needs L4 and an admin's yes", self.of(self.host))

    def of(self, body: Callable[[scripted.Gateway], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step with the stand-in gateway and with the commands allowed; both are taken back."""

        async def run() -> None:
            with scripted.Gateway() as gateway:
                try:
                    await self.s.astr.configure(
                        gateway_primary_url=gateway.url, gateway_bearer_token=scripted.TOKEN, astrbot_commands=NAMES
                    )
                    await body(gateway)
                    await self.s.idle()
                finally:
                    await self.s.astr.configure(
                        astrbot_commands=[],
                        computer_use=False,
                        user_level="L1",
                        admin_level="L2",
                        chat_level="L2",
                        max_level="L2",
                        tool_timeout_seconds=60,
                    )
                    await self.s.set_right()

        return run

    async def call(self, user: int, name: str, words: Any, **arguments: Any) -> str:
        """A task whose model calls this tool; the answer is the tool's output."""
        return await self.s.qq.ask(user, f"/助手 tool {name} {json.dumps(arguments, ensure_ascii=False)}", words)

    async def command(self, user: int, command: str, words: Any, arguments: str = "") -> str:
        return await self.call(user, f"astrbot_cmd_{command}", words, arguments=arguments)

    def offered(self, gateway: scripted.Gateway) -> dict[str, str]:
        """The tools of the newest request, with their descriptions."""
        entries = [tool.get("function", tool) for tool in gateway.requests[-1].get("tools", [])]
        return {entry["name"]: entry.get("description", "") for entry in entries}

    def named(self, gateway: scripted.Gateway, words: str) -> str:
        """The name of a command's tool, behind the prefix."""
        found = [name for name, text in self.offered(gateway).items() if f"“/{words}”" in text]
        assert len(found) == 1, (words, self.offered(gateway))
        return found[0].removeprefix("astrbot_cmd_")

    async def listed(self, gateway: scripted.Gateway) -> None:
        await self.s.qq.ask(ADMIN, "/助手 你好", "你好")
        commands = {name for name in self.offered(gateway) if name.startswith("astrbot_cmd_")}
        assert len(commands) == len(NAMES) and all(name.isascii() and len(name) <= 64 for name in commands), commands
        assert "查天气" in self.offered(gateway)[f"astrbot_cmd_{self.named(gateway, '场景天气')}"]
        # A user's tasks ask for L1.
        await self.command(USER, "scn_plain", "not offered")
        since = len(self.s.astr.log())
        await self.s.astr.configure(astrbot_commands=["scn_plain", "scn_gone", "助手 诊断", "scn_group", "scn_locked"])
        for _ in range(2):
            await self.s.qq.ask(ADMIN, "/助手 你好", "你好")
        assert {n for n in self.offered(gateway) if n.startswith("astrbot_cmd_")} == {"astrbot_cmd_scn_plain"}
        wrong = ("/scn_gone”", "/助手 诊断”", "/scn_group”", "/scn_locked”")
        for words in wrong:
            assert self.s.astr.log()[since:].count(words) == 1, words
        await self.s.qq.ask(ADMIN, "/助手 诊断", (*wrong, "scn_group add"))

    async def permissions(self, gateway: scripted.Gateway) -> None:
        await self.s.astr.configure(user_level="L2")
        await self.command(USER, "scn_plain", ("场景一：scn_plain 甲 乙", "场景二"), "甲 乙")
        await self.command(USER, "scn_alias", "场景一：scn_alias")
        add, opens = self.named(gateway, "scn_group add"), self.named(gateway, "scn_locked open")
        await self.command(USER, add, "和是 5", "2 3")
        await self.command(USER, add, "必要参数缺失", "2")
        since = len(self.s.qq.sent)
        for name in ("scn_admin", opens):
            await self.command(USER, name, "AstrBot 不允许此用户")
        # AstrBot's own words for it would have gone to the chat.
        assert not any("权限不足" in sent.text for sent in self.s.qq.sent[since:])
        await self.command(ADMIN, "scn_admin", "管理员做到了")
        await self.command(ADMIN, opens, "锁开了")
        await self.switched_off()

    async def switched_off(self) -> None:
        """By the plugins' switches of this chat, as set in the dashboard."""
        rule: dict[str, Any] = {
            "umo": f"fakeqq:FriendMessage:{USER}",
            "rule_key": "session_plugin_config",
            "rule_value": {"enabled_plugins": [], "disabled_plugins": [COMMANDS]},
        }
        await self.s.astr.post("session/update-rule", rule)
        try:
            await self.command(USER, "scn_plain", "在本聊天中已停用")
            await self.command(ADMIN, "scn_plain", "场景一")
        finally:
            rule["rule_value"]["disabled_plugins"] = []
            await self.s.astr.post("session/update-rule", rule)
        await self.command(USER, "scn_plain", "场景一")

    async def output(self, gateway: scripted.Gateway) -> None:
        text = await self.command(ADMIN, "scn_picture", ("<image>", "Image 已发送到聊天", "看图"))
        assert text.index("<image>") < text.index("看图"), "the picture is sent before the model answers"
        await self.command(ADMIN, "scn_sends", ("命令自己说的", "自行发送到聊天"))
        await self.command(ADMIN, self.named(gateway, "场景天气"), ("正在调用", "(/场景天气)", "上海晴"), "上海")

    async def failures(self, gateway: scripted.Gateway) -> None:
        text = await self.command(ADMIN, "scn_raises", ("出错", "场景出错"))
        assert "Sup3rS3cr3tValue12" not in text + json.dumps(gateway.requests[-1]), text
        await self.s.astr.configure(tool_timeout_seconds=2)
        since = len(self.s.qq.sent)
        await self.command(ADMIN, "scn_endless", "timed out after 2 s")
        requests = len(gateway.requests)
        await self.command(ADMIN, "scn_again", ("助手说", "不能从中再次调用助手"))
        await self.s.qq.ask(ADMIN, "/助手 还在吗", "还在吗")
        # The event that the command has sent again was refused, and what never ended can say nothing.
        assert len(gateway.requests) == requests + 3, gateway.texts()[requests:]
        assert "试图再次调用助手" in self.s.astr.log()
        assert not any("迟到的消息" in sent.text for sent in self.s.qq.sent[since:])

    async def chat_model(self, gateway: scripted.Gateway) -> None:
        await self.s.qq.ask(ADMIN, "/provider 2", "openclaw")
        call = "tool astrbot_cmd_scn_plain " + json.dumps({"arguments": "丙"}, ensure_ascii=False)
        await self.s.qq.ask(ADMIN, call, ("场景一：scn_plain 丙", "场景二"))
        assert len(gateway.requests) == 2, "AstrBot was asked to run it"
        await self.s.qq.ask(ADMIN, "tool astrbot_cmd_scn_picture {}", ("<image>", "看图"))

    async def models_shell(self, gateway: scripted.Gateway) -> None:
        """4.14 offers it without being asked, and confines it for nobody."""
        await self.runtime(computer_use_runtime="local")
        try:
            await self.s.qq.ask(ADMIN, "/provider 2", "openclaw")
            call = f"tool astrbot_execute_shell {json.dumps({'command': 'echo x'})}"
            await self.s.qq.ask(ADMIN, call, "not offered")
            await self.s.astr.configure(admin_level="L4", chat_level="L4", max_level="L4")
            since = await self.s.qq.say(ADMIN, call)
            asked = await self.s.qq.until(f"private:{ADMIN}", since, ("🔐", "astrbot_execute_shell"))
            number = re.search(r"编号 (\d+)", asked)
            assert number, asked
            await self.s.qq.ask(ADMIN, f"/助手 拒绝 {number[1]}", "已拒绝")
            await self.s.qq.until(f"private:{ADMIN}", since, "declined")
        finally:
            await self.runtime(computer_use_runtime="none")

    async def runtime(self, **changes: Any) -> None:
        """AstrBot's own settings for computer use, changed as its dashboard does."""
        config = (await self.s.astr.get("config/abconf", id="default"))["data"]["config"]
        config["provider_settings"].update(changes)
        await self.s.astr.post("config/astrbot/update", {"conf_id": "default", "config": config})

    async def files(self, gateway: scripted.Gateway) -> None:
        await self.s.astr.configure(computer_use=True)
        await self.call(USER, "astrbot_file_read_tool", "not offered", path="a.txt")
        await self.runtime(computer_use_runtime="local")
        try:
            await self.call(USER, "astrbot_file_write_tool", "not offered", path="a.txt", content="x")
            await self.s.astr.configure(user_level="L2")
            await self.call(
                USER, "astrbot_file_write_tool", "written successfully", path="a.txt", content="工作区里的字"
            )
            await self.s.astr.configure(user_level="L1")
            await self.call(USER, "astrbot_file_read_tool", "工作区里的字", path="a.txt")
            # AstrBot's own limits hold: the settings of this plugin hold the gateway's token.
            for path in (f"../../../data/config/{PLUGIN}_config.json", "/etc/passwd"):
                text = await self.call(USER, "astrbot_file_read_tool", "restricted", path=path)
                assert scripted.TOKEN not in text and "root:" not in text, text
            assert "astrbot_execute_shell" not in self.offered(gateway)
            await self.confined_admin(gateway)
            await self.s.astr.configure(computer_use=False)
            await self.call(USER, "astrbot_file_read_tool", "not offered", path="a.txt")
        finally:
            await self.runtime(computer_use_runtime="none")

    async def confined_admin(self, gateway: scripted.Gateway) -> None:
        """An admin whom AstrBot confines to the workspace, too."""
        policy = {"allow_execution": True, "allow_network": False, "filesystem_scope": "workspace"}
        await self.runtime(computer_use_local_permissions={"admin": policy, "member": policy})
        await self.call(ADMIN, "astrbot_file_write_tool", "written successfully", path="b.txt", content="管理员的字")
        await self.call(ADMIN, "astrbot_grep_tool", "管理员的字", pattern="管理员")
        # There is no bubblewrap here, without which AstrBot runs nothing confined.
        await self.s.astr.configure(admin_level="L4", max_level="L4")
        await self.call(ADMIN, "astrbot_execute_shell", "not offered", command="echo x")
        policy = {"allow_execution": True, "allow_network": True, "filesystem_scope": "host"}
        await self.runtime(
            computer_use_local_permissions={
                "admin": policy,
                "member": {**policy, "filesystem_scope": "workspace", "allow_execution": False},
            }
        )

    async def host(self, gateway: scripted.Gateway) -> None:
        await self.s.astr.configure(computer_use=True)
        await self.runtime(computer_use_runtime="local")
        try:
            # For AstrBot's admins the default is the whole host, unsandboxed.
            for name in ("astrbot_execute_shell", "astrbot_execute_python", "astrbot_file_read_tool"):
                await self.call(ADMIN, name, "not offered", command="echo x", code="1", path="/etc/passwd")
            await self.s.astr.configure(admin_level="L3", max_level="L3")
            await self.call(ADMIN, "astrbot_execute_shell", "not offered", command="echo x")
            await self.s.astr.configure(admin_level="L4", max_level="L4")
            for word in ("拒绝", "确认"):
                shell = f"/助手 tool astrbot_execute_shell {json.dumps({'command': 'echo $((40 + 2))个'})}"
                since = await self.s.qq.say(ADMIN, shell)
                asked = await self.s.qq.until(f"private:{ADMIN}", since, ("🔐", "astrbot_execute_shell", "40 + 2"))
                number = re.search(r"编号 (\d+)", asked)
                assert number and len(gateway.requests[-1]["input"]) == 1, "it did not wait"
                await self.s.qq.ask(ADMIN, f"/助手 {word} {number[1]}", f"已{word}")
                await self.s.qq.until(f"private:{ADMIN}", since, "42个" if word == "确认" else "declined")
                await self.s.idle()
                assert word == "确认" or not any("42个" in sent.text for sent in self.s.qq.sent[since:])
        finally:
            await self.runtime(computer_use_runtime="none")
