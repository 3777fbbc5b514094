"""The chat commands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from astr_openclaw import Fault
from astrbot.api import logger

from . import access, attachments, command_tools, masking, texts
from .approvals import Approvals
from .audit import Audit
from .background import Background
from .chat_turn import ChatTurns
from .conversation_mode import ConversationMode
from .delegation import Delegation
from .engine import Engine
from .outgoing_files import OutgoingFiles
from .project_commands import ProjectCommands
from .projects import ProjectError, Projects
from .sessions import Sessions
from .settings import PLUGIN, Settings
from .task_commands import TaskCommands
from .timer_commands import TimerCommands
from .timers import Timers

#: Commands by the words that users write.
_COMMANDS = {
    word: command
    for command, words in {
        "help": ("", "帮助", "help"),
        "diagnose": ("诊断", "diagnose"),
        "status": ("状态", "status"),
        "cancel": ("取消", "cancel"),
        "reset": ("会话重置", "reset"),
        "approve": ("确认", "approve", "confirm"),
        "reject": ("拒绝", "reject", "deny"),
        "cancel_all": ("全部取消", "取消全部", "cancel-all"),
        "reset_breaker": ("熔断复位", "reset-breaker"),
    }.items()
    for word in words
}

#: A decision with the id of its question.
_DECISION = re.compile(
    rf"({'|'.join(word for word, name in _COMMANDS.items() if name in ('approve', 'reject'))})\s*#?(\d{{4}})"
)

#: Commands for AstrBot's admins only.
_FOR_ADMINS = ("cancel_all", "reset_breaker")


class Commands:
    """Handles `/助手 …`."""

    def __init__(self, context: Any, settings: Settings, engine: Engine, data_dir: Path) -> None:
        self._context = context
        self._settings = settings
        self._engine = engine
        self.sessions = Sessions(data_dir / "sessions.json")
        self.audit = Audit(data_dir / "audit.jsonl", settings.audit_max_kib << 10, settings.audit_files)
        self.approvals = Approvals(engine, self.audit)
        projects = Projects(data_dir / "projects.json", self.sessions)
        self.mode = ConversationMode(settings, data_dir / "conversation_mode.json")
        self.files = OutgoingFiles(settings, data_dir / "outgoing")
        self._turns = ChatTurns(context, engine, projects, self.audit, self.approvals, self.files)
        self.background = Background(
            context, engine, projects, self.audit, self.approvals, self.files, data_dir / "tasks"
        )
        self.delegation = Delegation(context, settings, self.background)
        self._timers = Timers(context, settings, self.background, self.audit, data_dir / "timers.json")
        self._project_commands = ProjectCommands(projects, self.mode, self.approvals, settings)
        self._task_commands = TaskCommands(self.background, self._project_commands, settings)
        self._timer_commands = TimerCommands(self._timers, self._project_commands, settings)

    async def load(self) -> None:
        """Takes up the background tasks and timers of the last life."""
        await self.files.clean()
        await self.background.load()
        self._timers.start()

    def stop(self) -> None:
        """Ends every task of the chat, including the messages it is still sending."""
        self._turns.stop()

    async def unload(self) -> None:
        """As `stop`, and no background task or timer runs any more."""
        self.stop()
        await self._timers.stop()
        await self.background.stop()
        await self.mode.stop()

    def close(self) -> None:
        """Stops every task and closes the audit log."""
        self.stop()
        self.audit.close()

    async def handle(self, event: Any) -> AsyncIterator[Any]:
        """Handles one message that has the prefix, or belongs to a conversation (`ConversationMode.claims`). Yields what
        AstrBot should send."""
        locale = self._settings.locale
        if access.is_from_bot(event):
            return  # What a model writes must never confirm, ask or cancel.
        if not access.may_ask(event, self._settings):
            self._write_audit(event, "denied")
            if self._settings.tell_refused:
                yield event.plain_result(self._say("refused"))
            return
        task = self._settings.task_of(event.get_message_str())
        try:
            async for result in self._converse(event) if task is None else self._prefixed(event, task):
                yield result
        except texts.TextError as error:
            yield event.plain_result(self._clean(event, error.told(locale, self._settings.prefix[0])))
        except Fault as fault:
            yield event.plain_result(self._clean(event, texts.fault_text(locale, fault, with_partial=False)))
        except Exception as error:
            # AstrBot would show the exception's text to the user; it belongs in the log.
            logger.exception(f"[{PLUGIN}] 处理消息时出错")
            yield event.plain_result(self._say("internal", kind=type(error).__name__))

    async def _prefixed(self, event: Any, task: str) -> AsyncIterator[Any]:
        """A command or a task. Raises `Fault` and `TextError`."""
        for commands in (self._task_commands, self._timer_commands, self._project_commands):
            if (found := commands.find(task)) is not None:
                name, run, argument = found
                self._write_audit(event, name)
                yield event.plain_result(self._clean(event, await run(event, argument)))
                return
        command, question = _command_of(task)
        if command is None or (command == "help" and _has_attachment(event)):
            project, task, new = self._project_commands.of_task(event, task)
            if new:
                await self._project_commands.make(event, project)
                yield event.plain_result(self._say("project_made", name=project))
            if project and not task and not attachments.any_in(event.get_messages()):
                yield event.plain_result(self._say("project_no_task", name=project))
                return
            async for result in self._turns.ask(event, task, project):
                yield result
        elif command in ("approve", "reject"):
            told = await self.approvals.decide(event, command == "approve", question)
            yield event.plain_result(self._clean(event, told))
        else:
            self._write_audit(event, command)
            yield event.plain_result(self._clean(event, await self._run(event, command)))

    async def _converse(self, event: Any) -> AsyncIterator[Any]:
        """A message of a conversation. Raises `Fault`."""
        project = await self.mode.next_task(event)
        if project is None:
            self._write_audit(event, "conversation_over")
            yield event.plain_result(self._say("conversation_over", minutes=self._settings.conversation_minutes))
            return
        try:
            async for result in self._turns.ask(event, event.get_message_str(), project):
                yield result
        except ProjectError:  # It was deleted meanwhile.
            await self.mode.leave(event)
            yield event.plain_result(self._say("conversation_project_gone", name=project))

    async def _run(self, event: Any, command: str) -> str:
        engine = self._engine
        if command in _FOR_ADMINS and not access.is_admin(event, self._settings):
            return self._say("admins_only")
        # For commands that work despite wrong settings.
        problem = f"\n⚠️ config_invalid：{engine.problem}" if engine.problem else ""
        if command == "help":
            return self._say("help") + problem
        if command == "cancel":
            mine = [task for task in self._turns.under_way if task.asker == access.asker(event)]
            for task in mine:
                task.stop()
            # A conversation of the chat model's counts while it waits for an approval.
            ids = {*self.approvals.cancel(access.asker(event)), *(task.turn.id for task in mine)}
            told = self._say("cancelling", n=len(ids)) if ids else self._say("nothing_to_cancel") + problem
            return "\n".join(line for line in (told, self._task_commands.going_on(event)) if line)
        if command == "cancel_all":
            # Including tasks whose answer is still being sent.
            turns = {*engine.cancel_all(), *(task.turn for task in self._turns.under_way)}
            self.stop()
            n = len(turns) + await self.background.cancel_all()
            return self._say("cancelling_all" if n else "nothing_to_cancel_at_all", n=n)
        if command == "reset":
            levels = {access.level_of(event, self._settings)}
            if access.is_admin(event, self._settings):
                levels.add(self._settings.user_level)
            names = sorted(access.session_of(event.unified_msg_origin, level) for level in levels)
            old = [self.sessions.current(name) for name in names]
            try:
                for name in names:
                    self.sessions.reset(name)
            except OSError as error:
                return self._say("session_not_reset", why=error.strerror or type(error).__name__)
            # What waits for an approval belongs to the old session.
            self.approvals.cancel(access.asker(event), old)
            return self._say("session_reset") + problem
        if command == "reset_breaker":
            await engine.reset()
            return self._say("breaker_reset")
        locale, component_problem = self._settings.locale, engine.component_problem
        if command == "status":
            status = await engine.status_now()
            return texts.status_text(locale, status, engine.running().component, component_problem)
        return texts.diagnosis_text(locale, await engine.diagnose(), component_problem) + self._hints()

    def _hints(self) -> str:
        """Hints about settings that do not do what they seem to."""
        wrong = command_tools.problems(self._context, self._settings)
        return self._unbound() + "".join(f"\nℹ️ {problem}" for problem in wrong)

    def _unbound(self) -> str:
        """A hint about list entries that match on several platforms."""
        try:
            platforms = [str(each.meta().id) for each in self._context.platform_manager.get_insts()]
        except AttributeError:  # Another version of AstrBot.
            return ""
        entries = access.unbound(self._settings, platforms)
        if not entries:
            return ""
        names, all_platforms = "、".join(entries[:10]), "、".join(platforms)
        return "\nℹ️ " + self._say("unbound", names=names, platforms=all_platforms)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, p=self._settings.prefix[0], **values)

    def _clean(self, event: Any, text: str) -> str:
        return masking.for_chat(text, event.unified_msg_origin, self._settings)

    def _write_audit(self, event: Any, outcome: str) -> None:
        """The line of a message that is no task."""
        who, chat = access.asker(event), event.unified_msg_origin
        self.audit.write(
            door="chat", who=who, session=chat, level="L0", outcome=outcome, code=None, seconds=0.0, command=True
        )


def _command_of(task: str) -> tuple[str | None, str]:
    """The command that a message is, if it is one, and the id of the question it answers, if it gives one."""
    found = _DECISION.fullmatch(unicodedata.normalize("NFKC", task.lower()))
    return (_COMMANDS[found[1]], found[2]) if found else (_COMMANDS.get(task.lower()), "")


def _has_attachment(event: Any) -> bool:
    """Whether the message contains more than text; an attachment alone is a task."""
    plain = ("Plain", "At", "AtAll", "Reply", "Face")
    return any(type(component).__name__ not in plain for component in event.get_messages())
