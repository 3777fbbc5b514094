"""Tool calls that wait for a person's yes or no. The component decides who may approve and for how long a
call waits; this asks in the chat, finds the request that an answer means, and vouches for who answers."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from astr_openclaw import ApprovalEnded, ApprovalRequest, DecideError, Fault, ToolCall, Turn
from astrbot.api import logger
from astrbot.api.event import MessageChain

from . import access, command_tools, masking
from .approval_listing import Listing, listing
from .audit import Audit
from .engine import Engine
from .live_turns import LiveTurns
from .printable import printable
from .settings import PLUGIN
from .texts import say

#: Seconds for sending a question; one that nobody can see is a no.
_SENDING = 30.0

#: Seconds after the end of a question in which a bare yes or no may still mean that one.
_SETTLING = 5.0

#: Seconds between two messages: platforms throttle faster senders.
_PAUSE = 1.0

#: Ended questions that are kept, for answers that come late.
_KEPT = 50


@dataclass(frozen=True)
class Origin:
    """Who asked for a turn, and where."""

    door: str  #: `chat`, `model` or `background`.
    event: Any  #: The message; None if nobody can be asked.
    asker: str  #: Whose task it is, as `platform:id`.
    chat: str  #: The chat's origin.
    place: str  #: Who reads it there: see `access.place`.
    level: str
    session: str
    stop: Callable[[], None]  #: Ends the turn.

    @classmethod
    def of(cls, door: str, event: Any, level: str, session: str, stop: Callable[[], None]) -> Origin:
        """For a turn that starts now: what its tools do to the message later must not change whose it is."""
        if event is None:
            return cls(door, None, "-", "-", "-", level, session, stop)
        chat, place = str(event.unified_msg_origin), access.place(event)
        return cls(door, event, access.asker(event), chat, place, level, session, stop)


@dataclass(eq=False)
class Question:
    """An approval request, asked in a chat."""

    id: str  #: Short and typable; unique among the questions that are kept.
    turn: str  #: The turn's id.
    request: ApprovalRequest
    origin: Origin
    listing: Listing  #: Its calls.
    deadline: float  #: Monotonic.
    shown: set[str] = field(default_factory=set)  #: The places that have seen it, and all that it is for.
    ended: float | None = None  #: When it ended; monotonic.
    answered_here: set[str] = field(default_factory=set)  #: Who has answered where the task was asked.

    @property
    def expires_in(self) -> float:
        """Seconds until it expires."""
        return max(0.0, self.deadline - time.monotonic())

    def end(self) -> None:
        """Nothing waits for it any more. What is kept for late answers is small."""
        if self.ended is None:
            self.ended = time.monotonic()
            calls = tuple(replace(call, arguments=None) for call in self.request.calls)
            self.request = replace(self.request, calls=calls)
            self.listing = Listing()
            self.origin = replace(self.origin, event=None, stop=_nothing)


def _nothing() -> None:
    pass


class Approvals:
    """The approval requests of all turns."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._settings = engine.settings
        self._audit = audit
        self._questions: dict[str, Question] = {}  # By id, oldest first; ended ones too.
        self._sending: set[asyncio.Task[None]] = set()

    def of_turn(self, origin: Origin) -> TurnApprovals:
        """Asks for the approvals of one turn, which is listed as under way until that is closed."""
        return TurnApprovals(self, origin, self._engine.live)

    def pending(self) -> list[Question]:
        """The questions that are not answered yet, oldest first."""
        return [question for question in self._questions.values() if question.ended is None]

    def cancel(self, asker: str, sessions: Collection[str] | None = None) -> set[str]:
        """Ends this person's turns that wait for an approval, everywhere or in these sessions; returns their ids.
        Background tasks are cancelled by their own command."""
        mine = [q for q in self.pending() if q.origin.asker == asker and q.origin.door != "background"]
        mine = [q for q in mine if sessions is None or q.origin.session in sessions]
        for question in mine:
            question.origin.stop()
        return {question.turn for question in mine}

    def on_page(self) -> list[dict[str, Any]]:
        """The pending questions for the status page, secrets masked."""
        return [
            {
                "id": question.id,
                "approver": question.request.approver,
                "door": question.origin.door,
                "asker": printable(question.origin.asker),
                "chat": printable(question.origin.chat),
                "calls": list(question.listing.on_page),
                "expires_in_seconds": round(question.expires_in),
            }
            for question in self.pending()
        ]

    def ask(self, turn: Turn, request: ApprovalRequest, origin: Origin) -> Question:
        """Asks in the chat of the task. If that is impossible, the answer is no."""
        event = origin.event
        deadline = time.monotonic() + request.expires_in_seconds
        question = Question(self._id(), turn.id, request, origin, self._listing(request), deadline)
        if event is not None:
            self._questions[question.id] = question
            for old in [q for q in self._questions.values() if q.ended is not None][:-_KEPT]:
                del self._questions[old.id]
            self.record(question, "approval_requested", origin.asker)
        self._spawn(self._send(question))
        return question

    def _id(self) -> str:
        while (name := str(1000 + secrets.randbelow(9000))) in self._questions:
            pass
        return name

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, question: Question) -> None:
        """Shows the question; a no if nobody can see it."""
        event = question.origin.event
        if event is not None:
            try:
                await self._show_parts(event, question)
                if question.ended is None:
                    await asyncio.wait_for(event.send(MessageChain().message(self._text(question))), _SENDING)
                    question.shown.add(question.origin.place)
                return
            except Exception as error:
                # Not the error's text: platforms quote what they were sent.
                logger.error(f"[{PLUGIN}] 确认请求无法发送到聊天，按拒绝处理：{type(error).__name__}")
        # The asker may reject anything; nobody else is there. One that has ended is a no as well.
        with suppress(DecideError, Fault):
            await self._decide(question, False, by="-", role="asker")

    async def _show_parts(self, event: Any, question: Question) -> None:
        """Sends everything that the question itself would leave out."""
        parts = question.listing.parts
        for at, part in enumerate(parts, 1):
            if question.ended is None:
                head = self._say("approval_part", id=question.id, at=at, n=len(parts))
                await asyncio.wait_for(event.send(MessageChain().message(f"{head}\n{part}")), _SENDING)
                await asyncio.sleep(_PAUSE)

    async def _tell(self, event: Any, text: str) -> None:
        """Tells the chat of the task how a question ended that was not answered there."""
        try:
            await asyncio.wait_for(event.send(MessageChain().message(text)), _SENDING)
        except Exception as error:
            logger.error(f"[{PLUGIN}] 消息无法发送：{type(error).__name__}")

    async def decide(self, event: Any, approve: bool, name: str) -> str:
        """A decision in a chat; returns what to answer. `name`: the question's id, empty for the only one.
        Raises `Fault` if no plugin is running."""
        place = access.place(event)
        question = self._meant(event, place, name, approve)
        if isinstance(question, str):
            return question
        who = access.asker(event)
        if approve and not question.listing.whole:
            # What nobody could read here nobody can approve here.
            self.record(question, "approval_refused", who, "not_shown")
            return self._say("approval_page_only", id=question.id)
        if approve and place not in question.shown and question.ended is None:
            # An admin elsewhere must see what a yes is for.
            await self._show_parts(event, question)
            if question.ended is None:
                question.shown.add(place)
                return self._text(question) + "\n" + self._say("approval_repeat", id=question.id)
        if place == question.origin.place:
            question.answered_here.add(who)
        try:
            await self._decide(
                question, approve, by=who, role=access.role_of(event, question.origin.asker, self._settings)
            )
        except DecideError as error:
            self.record(question, "approval_refused", who, error.code)
            if error.code == "not_permitted":
                return self._say(f"approval_only_{question.request.approver}" if approve else "approval_not_yours")
            return str(error.message)
        return self._say("approval_approved" if approve else "approval_rejected", id=question.id)

    async def decide_on_page(self, name: str, approve: bool, user: str) -> str:
        """A decision of a user of the dashboard, who counts as an admin; returns `done` or why it has no effect."""
        question = self._questions.get(name)
        if question is None:
            return "not_pending"
        if approve and not question.listing.whole_on_page:
            self.record(question, "approval_refused", f"dashboard:{user}", "not_shown")
            return "not_shown"
        try:
            await self._decide(question, approve, by=f"dashboard:{user}", role="admin")
        except DecideError as error:
            return str(error.code)
        return "done"

    def _meant(self, event: Any, place: str, name: str, approve: bool) -> Question | str:
        """The question that an answer means, or why there is none."""

        def seen(question: Question) -> bool:
            # A no may come while it is still being shown.
            return place in question.shown or (not approve and place == question.origin.place)

        if name:
            # Those of other chats only an admin may name, in private. To everyone else they do not exist.
            elsewhere = access.is_private(event.unified_msg_origin) and access.is_admin(event, self._settings)
            question = self._questions.get(name)
            if question is None or not (elsewhere or seen(question)):
                return self._say("approval_unknown", id=name)
            return question
        here = [question for question in self.pending() if seen(question)]
        if not here:
            return self._say("approval_none")
        ended = [q.ended for q in self._questions.values() if q.ended is not None and place in q.shown]
        # Written for a question that has just ended, it must not count for the next.
        late = any(time.monotonic() - at < _SETTLING for at in ended)
        if late or len(here) > 1:
            return self._say("approval_which", ids=self._say("and").join(question.id for question in here))
        return here[0]

    async def _decide(self, question: Question, approve: bool, *, by: str, role: str) -> None:
        """Raises `DecideError` if it has no effect, or `Fault`."""
        plugin = self._engine.running()
        await plugin.decide(question.turn, question.request.request, approve, by=by, role=role)
        question.end()
        self.record(question, "approved" if approve else "rejected", by)

    def record(self, question: Question, outcome: str, who: str, code: str | None = None) -> None:
        """A line of the audit log: what was asked or decided, and by whom."""
        origin = question.origin
        self._audit.write(
            door=origin.door,
            who=who,
            session=origin.session,
            level=origin.level,
            outcome=outcome,
            code=code,
            seconds=question.request.expires_in_seconds - question.expires_in,
            request=question.id,
            tools=[call.name for call in question.request.calls],
        )

    def _text(self, question: Question) -> str:
        """The question for the chat."""
        request, p = question.request, self._settings.prefix[0]
        approver = request.approver
        asker = " ".join(printable(question.origin.asker).split())
        lines = [self._say("approval", asker=asker, who=self._say(f"approver_{approver}"), id=question.id)]
        lines += question.listing.lines
        if parts := question.listing.parts:
            lines.append(self._say("approval_parts", n=len(parts)))
        how = "approval_how" if question.listing.whole else "approval_long"
        lines.append(self._say(how, p=p, id=question.id, seconds=max(1, round(question.expires_in))))
        if approver == "admin" and question.listing.whole:
            lines.append(self._say("approval_admins", p=p, id=question.id))
        return "\n".join(lines)

    def _listing(self, request: ApprovalRequest) -> Listing:
        calls = [(command_tools.shown_name(call.name, self._settings), self._arguments(call)) for call in request.calls]
        return listing(calls, self._settings.locale)

    def _arguments(self, call: ToolCall) -> str:
        """The arguments in one line: as JSON, so that nothing in them can pass for a line of the question."""
        text = json.dumps(call.arguments, ensure_ascii=False, default=str)
        mask = masking.mask_secrets if self._settings.mask_secrets else masking.mask_tokens
        return " ".join(mask(text, self._settings.secrets()).split("\n"))

    def _say(self, text: str, /, **values: object) -> str:
        return say(self._settings.locale, text, **values)

    def ended(self, question: Question, end: ApprovalEnded, event: Any) -> None:
        """Takes what the component says about the end of a question. `event`: the message of the task."""
        question.end()
        if end.decision == "expired":
            self.record(question, "expired", "-")
            text = self._say("approval_expired", id=question.id)
        elif end.by not in ("-", *question.answered_here):
            text = self._say(f"approval_{end.decision}_by", id=question.id, who=end.by)
        else:
            return
        if question.shown:
            self._spawn(self._tell(event, text))


class TurnApprovals:
    """The approval requests of one turn."""

    def __init__(self, approvals: Approvals, origin: Origin, live: LiveTurns) -> None:
        self._approvals = approvals
        self._origin = origin
        self._turns = live
        self.live = live.begin(origin)  #: The turn as others see it.
        self._asked: dict[str, Question] = {}

    def told(self, turn: Turn, piece: object) -> bool:
        """Takes each event of the turn; whether it was about an approval."""
        self.live.saw(turn, piece)
        if isinstance(piece, ApprovalRequest):
            self._asked[piece.request] = self._approvals.ask(turn, piece, self._origin)
        elif isinstance(piece, ApprovalEnded):
            if (question := self._asked.get(piece.request)) is not None:
                self._approvals.ended(question, piece, self._origin.event)
        else:
            return False
        return True

    def close(self) -> None:
        """The turn has ended, which is a no to whatever was asked."""
        self._turns.end(self.live)
        for question in self._asked.values():
            if question.ended is None:
                question.end()
                self._approvals.record(question, "unanswered", "-")
