"""What the Star says, from the catalogue, in either language. Causes and fixes of faults come from the component."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .catalogue import TEXTS

if TYPE_CHECKING:  # At run time the module may be missing.
    from astr_openclaw import ComponentInfo, Diagnosis, Fault, Status

_LOCALES = ("zh", "en")


class TextError(Exception):
    """Why something that a user asks for cannot be done. `text`: a key of the catalogue."""

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values

    def told(self, locale: str, prefix: str) -> str:
        """The reason, in one line. `prefix`: how the user begins a command."""
        return say(locale, self.text, p=prefix, **self.values)


def say(locale: str, text: str, /, **values: object) -> str:
    """A text of the catalogue, with values filled in. `locale`: `zh` or `en`."""
    return TEXTS[text][_LOCALES.index(locale)].format(**values)


def fault_text(locale: str, fault: Fault, *, with_partial: bool) -> str:
    """A fault for the chat: what, why, and what to do."""
    lines = [say(locale, "fault", code=fault.code, message=fault.message), *_why(locale, fault.cause, fault.remedy)]
    if fault.retry_after_seconds:
        lines.append(say(locale, "retry", seconds=max(1, round(fault.retry_after_seconds))))
    if with_partial and fault.partial_text:
        lines.append(say(locale, "partial", text=fault.partial_text))
    return "\n".join(lines)


def diagnosis_text(locale: str, diagnosis: Diagnosis, component_problem: str | None) -> str:
    """The diagnosis, one line per check."""
    lines = []
    if component_problem:
        lines.append("❌ " + say(locale, "component_refused", why=component_problem))
    for check in diagnosis.checks:
        mark = "✅" if check.ok else "❌"
        code = "" if check.code is None else f" [{check.code}]"
        lines.append(f"{mark} {check.name}{code} {check.detail}".rstrip())
        lines += ["　" + line for line in _why(locale, check.cause, check.remedy)]
    if diagnosis.ok and not component_problem:
        lines.append(say(locale, "all_well"))
    return "\n".join(lines)


def status_text(locale: str, status: Status, component: ComponentInfo, component_problem: str | None) -> str:
    """The guards' state."""
    lines = []
    for name, breaker in status.breakers.items():
        line = say(locale, "breaker", gateway=say(locale, name), state=say(locale, breaker.state), n=breaker.failures)
        if breaker.retry_after_seconds:
            seconds = max(1, round(breaker.retry_after_seconds))
            line = say(locale, "breaker_trial", breaker=line, seconds=seconds)
        lines.append(line)
    memory = status.memory
    if memory.bound is None:
        lines.append(say(locale, "memory_unreadable", why=memory.unreadable))
    else:
        bound = say(locale, memory.bound)
        lines.append(say(locale, "memory", available=memory.available_mib, total=memory.total_mib, bound=bound))
        if memory.estimated is not None:
            lines.append(say(locale, "memory_estimated", why=memory.estimated))
    lines.append(say(locale, "heavy_allowed" if memory.heavy_allowed else "heavy_refused", level=memory.level_cap))
    lines.append(say(locale, "levels_with_agents" if status.level_agents else "levels_without_agents"))
    if status.approvals:
        lines.append(say(locale, "approvals_pending", n=len(status.approvals)))
    lines.append(say(locale, "queue", running=status.in_flight, waiting=status.queued))
    lines.append(say(locale, "counters", **dataclasses.asdict(status.counters)))
    lines.append(say(locale, "component", **dataclasses.asdict(component)))
    if component_problem:
        lines.append(say(locale, "component_refused", why=component_problem))
    return "\n".join(lines)


def _why(locale: str, cause: str, remedy: str) -> list[str]:
    """Cause and remedy, where present."""
    lines = [say(locale, "cause", cause=cause)] if cause else []
    return lines + ([say(locale, "remedy", remedy=remedy)] if remedy else [])
