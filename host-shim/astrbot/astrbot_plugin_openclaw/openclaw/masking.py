"""Cleans every text before it goes to a chat: makes it printable, masks the configured tokens and, for groups,
anything else that looks like a secret.

Found are secrets with a shape of their own and values behind a name or in a place that says what
they are: see `secret_patterns`. Not found is what only its reader knows to be secret: a password in
the middle of a sentence, one that is spelled out, encoded, translated, or cut up by other words.
Whoever lets a model that knows secrets talk to a group must not rely on this."""

from __future__ import annotations

import base64
import re

import astr_openclaw

from . import access
from .printable import begun_escape, printable
from .secret_patterns import HARMLESS, SHAPES, VALUES
from .settings import Settings

_MASK = "＊＊＊"


def mask_tokens(text: str, tokens: tuple[str, ...]) -> str:
    """The printable text with the configured tokens masked, overlapping ones too."""
    return astr_openclaw.mask_tokens(printable(text), _valid(tokens), _MASK)


def _valid(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Tokens as Rust accepts them: a config can contain half a surrogate pair."""
    return tuple(astr_openclaw.valid_text(token) for token in tokens)


def mask_secrets(text: str, tokens: tuple[str, ...]) -> str:
    """As `mask_tokens`, and masks anything else that looks like a secret."""
    text = mask_tokens(text, tokens)
    for pattern in SHAPES.values():
        text = pattern.sub(_MASK, text)
    for family, pattern in VALUES.items():
        text = pattern.sub(_basic if family == "basic" else _value, text)
    return text


def hides_secrets(chat: str, settings: Settings) -> bool:
    """Whether anything that looks like a secret is masked in this chat: everywhere except in private chats."""
    return settings.mask_secrets and not access.is_private(chat)


def for_chat(text: str, chat: str, settings: Settings) -> str:
    """The text as it may be sent to this chat, or stored for it."""
    mask = mask_secrets if hides_secrets(chat, settings) else mask_tokens
    return mask(text, settings.secrets())


def _value(found: re.Match[str]) -> str:
    name, value = found.group(1), found.group(found.re.groups)
    end = value.rstrip(".,:*_)]}!?")
    if HARMLESS.fullmatch(value) or HARMLESS.fullmatch(end) or _is_prose(found, name, end):
        return found.group()
    return name + _MASK


def _is_prose(found: re.Match[str], name: str, value: str) -> bool:
    """Whether this is prose, such as `Password: must be long` or `tokens: 1200`."""
    words = name.rstrip()
    if re.search(r"token\W*$", words, re.I) and re.fullmatch(r"[\d.,_~]+[kKmM%]?", value):
        return True
    after = found.string[found.end() : found.end() + 3]
    # A sentence continues after its first word; a value stands alone.
    return words.endswith((":", "：")) and value.isalpha() and re.match(r"[,]? \w", after) is not None


def _basic(found: re.Match[str]) -> str:
    """Masks base64 of `user:password`, but not `Basic English`."""
    try:
        padded = found.group(2).rstrip("=")
        plain = base64.b64decode(padded + "=" * (-len(padded) % 4))
    except ValueError:
        return found.group()
    return found.group(1) + _MASK if b":" in plain else found.group()


class TokenStream:
    """As `mask_tokens`, for a text that arrives in pieces. A possible start of a token or an escape
    sequence is held back until more is known."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = _valid(tokens)
        self._held = ""
        self._raw = ""

    def feed(self, piece: str) -> str:
        """Takes a piece; returns what can be shown so far."""
        raw = self._raw + piece
        whole = len(raw) - begun_escape(raw)
        self._raw = raw[whole:]
        shown, self._held = astr_openclaw.mask_piece(self._held + printable(raw[:whole]), self._tokens, _MASK)
        return shown

    def rest(self) -> str:
        """What was held back; call it at the end."""
        held = self._held + self._raw
        self._held = self._raw = ""
        return mask_tokens(held, self._tokens)
