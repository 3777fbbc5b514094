"""AstrBot's own model hands tasks to OpenClaw. Each is a background task of the sender's, at the sender's level. The model
may wait for it as long as AstrBot lets a tool run; after that the chat gets the result."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

from astr_openclaw import Fault

from . import access, attachments, delegation_tools, reentry, task_texts, texts
from .background import Background
from .projects import ProjectError, name_of
from .settings import Settings
from .task_job import NotKept

#: Seconds that a tool may run unless AstrBot's config says otherwise: the default of older versions.
_TOOL_LIMIT = 60.0

#: Where newer and older versions have that limit.
_TOOL_LIMITS = (("agent_runner", "config", "misc"), ("provider_settings",))

#: Seconds before that limit at which the model stops waiting; half the limit if it is short.
_MARGIN = 10.0


class Delegation:
    """The tools `delegate_to_openclaw` and `openclaw_task`. Each returns the answer for the model."""

    def __init__(self, context: Any, settings: Settings, background: Background) -> None:
        """`context`: AstrBot's."""
        self._context = context
        self._settings = settings
        self._background = background

    def offer(self, event: Any, request: Any) -> None:
        """Leaves the tools in a request to AstrBot's model only if the sender may use them."""
        if self._refusal(event):
            delegation_tools.withhold(request)

    async def delegate(self, event: Any, task: Any, project: Any = "", background: Any = False) -> str:
        """Hands over a task."""
        began = time.monotonic()
        if refusal := self._refusal(event):
            return refusal
        text = task.strip() if isinstance(task, str) else ""
        if not text:
            return self._say("delegate_empty")
        try:
            name = name_of(str(project)) if project else ""
            taken = await self._background.start(event, text, project=name, door="model")
        except ProjectError as error:
            return error.told(self._settings.locale, self._settings.prefix[0])
        except Fault as fault:
            return texts.fault_text(self._settings.locale, fault, with_partial=False)
        except (attachments.NotAttachable, NotKept) as error:
            return error.text(self._settings.locale)
        if background is True or str(background).lower() == "true":
            return self._say("delegated", id=taken.id)
        try:
            left = self._patience(event) - (time.monotonic() - began)
            ended = await self._background.wait(taken.id, max(0.0, left))
        except asyncio.CancelledError:
            # AstrBot's limit, and then the chat gets the result; or the user's `/stop`.
            if event.get_extra("agent_stop_requested") or event.get_extra("agent_user_aborted"):
                await self._background.cancel(taken.id, tell=False)
            raise
        if ended is None:
            return self._say("delegated_longer", id=taken.id)
        lines = await self._background.send_files(ended, event)
        if sent := len(ended.files) - len(lines):
            lines.insert(0, self._say("files_sent", n=sent))
        return "\n".join([task_texts.shown(self._settings.locale, ended, ""), *lines])

    async def look(self, event: Any, number: Any = None) -> str:
        """Tells of one task, or lists the sender's."""
        if refusal := self._refusal(event):
            return refusal
        tasks = self._background.seen_by(event)
        if number in (None, "", 0, "0"):
            return task_texts.listed(self._settings.locale, self._settings.prefix[0], tasks)
        try:
            wanted = int(float(number))
        except (TypeError, ValueError, OverflowError):
            wanted = 0
        task = next((task for task in tasks if task.id == wanted), None)
        if task is None:
            return self._say("task_unknown", id=wanted)
        return task_texts.shown(self._settings.locale, task, self._background.output(task.id))

    def _refusal(self, event: Any) -> str:
        """Why the model may not delegate for this message; empty if it may."""
        if not self._settings.delegation:
            return self._say("delegation_off")
        if not access.may_ask(event, self._settings):
            return self._say("delegation_refused")
        # Whoever is asked by OpenClaw must not ask it again: a circle never ends, and only one turn runs at a time.
        return self._say("delegation_circle") if reentry.inside_turn(event) else ""

    def _patience(self, event: Any) -> float:
        """Seconds that the model may wait for a task."""
        limit = _TOOL_LIMIT
        for path in _TOOL_LIMITS:
            value = self._context.get_config(umo=str(event.unified_msg_origin))
            for key in (*path, "tool_call_timeout"):
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, (int, float)) and math.isfinite(value) and value > 0:
                limit = float(value)
                break
        return limit - min(_MARGIN, limit / 2)

    def _say(self, text: str, /, **values: object) -> str:
        return texts.say(self._settings.locale, text, **values)
