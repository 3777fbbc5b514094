"""What can go wrong, as exceptions."""

from __future__ import annotations

import functools
import json
from contextlib import contextmanager
from collections.abc import Iterator
from typing import Any

from . import _native

#: The object was made before a fork, in the parent process. Load a new `Plugin` in this one.
ForkError = _native.ForkError


class Fault(Exception):
    """Why a turn, or another call, ended without a result.

    Attributes:
        code: For programs, such as ``"auth_failed"``; `fault_table` has them all.
        message: What was seen. Contains no secret.
        cause: Why this happens, in the config's language.
        remedy: What to do about it, in the config's language.
        partial_text: The part of the answer that had arrived; empty for none.
        retry_after: Seconds after which trying again makes sense; None if that is not known.
        http_status: The HTTP status, where there was one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cause: str = "",
        remedy: str = "",
        partial_text: str = "",
        retry_after: float | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.cause = cause
        self.remedy = remedy
        self.partial_text = partial_text
        self.retry_after = retry_after
        self.http_status = http_status

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickle, (self.__dict__.copy(),))

    @classmethod
    def _from_json(cls, text: str) -> Fault:
        fact = json.loads(text)
        return cls(
            fact["code"],
            fact["message"],
            cause=fact["cause"],
            remedy=fact["remedy"],
            partial_text=fact.get("partial_text", ""),
            retry_after=fact.get("retry_after_seconds"),
            http_status=fact.get("http_status"),
        )


def _unpickle(state: dict[str, Any]) -> Fault:
    fault = Fault(state["code"], state["message"])
    fault.__dict__.update(state)
    return fault


class ConfigError(ValueError):
    """A config that is not accepted.

    Attributes:
        key: The key as users write it, such as ``"gateway_primary_url"``; None if no single key
            is to blame.
        message: The value (never that of a token), why it is refused, and what is allowed.
    """

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.message = message


class LoadError(RuntimeError):
    """A component that cannot be run. The text is one line and says what to do.

    Attributes:
        kind: ``"unreadable"``, ``"not_a_component"``, ``"not_compiled"`` (the command line of this
            wheel refused it, or cannot be run), ``"other_world"``, ``"artifact"`` (its machine
            code) or ``"unusable"``.
    """

    def __init__(self, message: str, kind: str = "unusable") -> None:
        super().__init__(message)
        self.kind = kind


@contextmanager
def translated() -> Iterator[None]:
    """Turns the native module's exceptions into the ones above."""
    try:
        yield
    except _native.RawFault as raw:
        raise Fault._from_json(str(raw)) from None
    except _native.RawConfigError as raw:
        fact = json.loads(str(raw))
        raise ConfigError(fact["message"], fact["key"]) from None
    except _native.RawLoadError as raw:
        fact = json.loads(str(raw))
        raise LoadError(fact["message"], fact["kind"]) from None


@functools.lru_cache
def fault_table(locale: str = "en") -> tuple[dict[str, Any], ...]:
    """Every fault code, in the order of the one table: dicts of ``code``, ``counts`` (whether it
    is a failure for the gateway's breaker), ``cause`` and ``remedy``. `locale`: ``en`` or ``zh``.
    """
    return tuple(json.loads(_native.fault_table(locale)))
