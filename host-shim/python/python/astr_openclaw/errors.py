"""The exceptions."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Any

from . import _native
from ._json import decode

#: The object belongs to the parent process, from before a fork. Load a new `Plugin` in this process.
ForkError = _native.ForkError


@dataclass(eq=False)
class Fault(Exception):
    """Why a turn or another call failed."""

    code: str  #: For programs, such as ``"auth_failed"``; `fault_table` has them all.
    message: str  #: What was seen. Contains no secret.
    cause: str = ""  #: Why this happens, in the config's language.
    remedy: str = ""  #: What to do about it, in the config's language.
    # Not in the repr: asyncio writes that to the log.
    partial_text: str = field(default="", repr=False)  #: The part of the answer that had arrived; may be empty.
    retry_after_seconds: float | None = None  #: When to retry; None if unknown.
    http_status: int | None = None  #: The HTTP status, if there was one.

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), astuple(self), self.__dict__)

    @classmethod
    def of(cls, code: str, message: str, locale: str = "en") -> Fault:
        """A fault of the caller's, with cause and remedy from `fault_table`."""
        row = next(row for row in fault_table(locale) if row["code"] == code)
        return cls(code, message, row["cause"], row["remedy"])


class ConfigError(ValueError):
    """The config was rejected.

    Attributes:
        key: The offending key, such as ``"gateway_primary_url"``; None if it is not a single key.
        message: The value (never a token), why it was rejected, and what is allowed.
    """

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.message = message


class DecideError(RuntimeError):
    """A decision about an approval request had no effect.

    Attributes:
        code: ``"not_pending"``: its turn has ended or never had it; ``"already_decided"``: decided, or
            expired; ``"not_permitted"``: this person may not decide it, and it stays pending.
        message: A sentence for the person who decided, in the config's language.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.code, self.message))


class LoadError(RuntimeError):
    """The component cannot be run. The message is one line and says what to do.

    Attributes:
        kind: ``"unreadable"``, ``"not_a_component"``, ``"no_compiler"`` (it must be compiled, and
            this version's `host-shim` is not on the PATH), ``"not_compiled"`` (which rejected it),
            ``"other_world"``, ``"artifact"`` (its machine code) or ``"unusable"``.
    """

    def __init__(self, message: str, kind: str = "unusable") -> None:
        super().__init__(message)
        self.kind = kind


@contextmanager
def translated(locale: str = "en") -> Iterator[None]:
    """Converts the native module's exception to one of the above. `locale`: the language of a `ConfigError`."""
    try:
        yield
    except _native.NativeError as error:
        kind, text = error.args
        fact = json.loads(text)
        if kind == "fault":
            raise decode(Fault, fact) from None
        if kind == "config":
            raise ConfigError(fact["zh" if locale == "zh" else "en"], fact["key"]) from None
        if kind == "decide":
            raise DecideError(**fact) from None
        raise LoadError(**fact) from None


@functools.lru_cache
def fault_table(locale: str = "en") -> tuple[dict[str, Any], ...]:
    """Every fault code, as dicts of ``code``, ``counts`` (whether the breaker counts it as a failure),
    ``cause`` and ``remedy``. `locale`: ``en`` or ``zh``.
    """
    return tuple(json.loads(_native.fault_table(locale)))
