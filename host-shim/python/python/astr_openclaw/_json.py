"""Converts texts and values for Rust or a file, and back."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def valid_text(text: str) -> str:
    """Replaces halves of surrogate pairs, which UTF-8 cannot encode: two matching halves become their
    character, others U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def valid_json(value: Any) -> str:
    """The value as valid JSON text. Raises TypeError, ValueError or RecursionError if it cannot be
    converted."""
    return valid_text(_ENCODER.encode(value))


def _unknown(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    # Not the value: it may be a token.
    raise TypeError(f"a {type(value).__name__} is not a JSON value")


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_unknown)


def valid_value(value: Any) -> Any:
    """A value read from JSON, with `valid_text` applied to its strings."""
    if isinstance(value, str):
        return valid_text(value)
    if isinstance(value, list):
        return [valid_value(item) for item in value]
    if isinstance(value, dict):
        return {valid_text(key): valid_value(item) for key, item in value.items()}
    return value


def decode(shape: Any, value: Any) -> Any:
    """Converts a value from Rust's JSON to `shape`: a dataclass with the JSON's field names, a `Mapping`,
    `tuple` or optional of one, or any plain value. Unknown JSON fields are ignored; missing ones get the
    dataclass's default."""
    if value is None:
        return None
    inner = get_args(shape)
    origin = get_origin(shape)
    if origin in (Union, UnionType):
        return decode(inner[0], value)
    if origin is tuple:
        return tuple(decode(inner[0], item) for item in value)
    if origin is Mapping:
        return {key: decode(inner[1], item) for key, item in value.items()}
    if isinstance(shape, type) and is_dataclass(shape):
        return shape(
            **{
                name: value[name] if plain else decode(hint, value[name])
                for name, hint, plain in _fields(shape)
                if name in value
            }
        )
    return value


@functools.cache
def _fields(shape: Any) -> list[tuple[str, Any, bool]]:
    """Name and shape of each field, and whether its value is taken as it is."""
    hints = get_type_hints(shape)
    shapes = [(field.name, hints[field.name]) for field in fields(shape)]
    return [(name, hint, not get_args(hint) and not is_dataclass(hint)) for name, hint in shapes]
