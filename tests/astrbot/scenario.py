"""The plugin in a real AstrBot, installed as a user does, driven as QQ does, with a real gateway
behind it. `--new` runs it in the newest AstrBot, with what only that one has.

    PYTHON tests/astrbot/scenario.py [--new] --zip target/astrbot/astrbot_plugin_openclaw.zip

PYTHON needs aiohttp: tests/steps/*-astrbot.sh uses the one of the AstrBot that is tested.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "canary"))

from astr import QQ_TOKEN, ROOT, AstrBot, Skipped
from model import Model
from onebot import QQ
from openclaw import OpenClaw
from stage import ADMIN, TOKEN, USER
from steps_approvals import ApprovalSteps
from steps_background import BackgroundSteps
from steps_chat import ChatSteps
from steps_commands import CommandSteps
from steps_files import FileSteps
from steps_life import LifeSteps
from steps_model import ModelSteps
from steps_setup import SetupSteps
from steps_tasks import TaskSteps


class Scenario(SetupSteps, TaskSteps, LifeSteps):
    """The steps in their order."""

    async def run(self) -> int:
        async with Model() as model:
            self.model = model
            # The newest AstrBot is tested with the gateway that offers client tools to its model.
            self.gateway = OpenClaw("2026.9.6" if self.new else "2026.2.9", TOKEN, model.url)
            self.astr = AstrBot(new=self.new, model_url=model.url)
            self.qq = QQ(self.astr.qq_port, QQ_TOKEN)
            self.steps.log = self.astr.log
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
                self.leave()
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
        await BackgroundSteps(self).play()
        await FileSteps(self).play()
        self.model_steps = ModelSteps(self, ADMIN, USER)
        await self.model_steps.play()
        await CommandSteps(self).play()
        await ApprovalSteps(self).play()
        await ChatSteps(self).play()
        if self.new:
            await step("AstrBot's tools serve a task, by level", self.task_tools)
            await step("/stop ends a task and a talk", self.stop_command)
            await step("the status page in Chromium", self.status_page)
        await step("audit log: who, what, how it ended; no text, no token", self.audit)
        await step(
            "AstrBot killed before a timer and amid tasks: no session, no line of the audit log and no task is lost",
            self.killed_amid_a_task,
        )
        await step("AstrBot killed with an open breaker: it is still open", self.killed_with_an_open_breaker)
        await step("SIGINT in mid-turn ends AstrBot and the turn", self.interrupt)
        await step("after a restart all is as it was: sessions, counters, models", self.restart)
        await step("no token in any log", self.no_token)


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
