"""Text that goes to Rust or to a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def valid_text(text: str) -> str:
    """The text without lone halves of surrogate pairs, which UTF-8 cannot hold: two that belong
    together become their character, others U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def valid_json(value: Any) -> str:
    """The value as JSON text that Rust can read, whatever its texts hold. Raises TypeError,
    ValueError or RecursionError for what cannot be JSON."""
    return valid_text(json.dumps(value, ensure_ascii=False, default=_unknown))


def _unknown(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    # The type only: the value may be a token.
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def valid_value(value: Any) -> Any:
    """A value read from JSON, with its texts made valid."""
    if isinstance(value, str):
        return valid_text(value)
    if isinstance(value, list):
        return [valid_value(item) for item in value]
    if isinstance(value, dict):
        return {valid_text(key): valid_value(item) for key, item in value.items()}
    return value
