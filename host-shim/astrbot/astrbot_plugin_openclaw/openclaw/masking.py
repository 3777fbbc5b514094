"""Masks what looks like a secret before a text goes to a group."""

from __future__ import annotations

import re

_MASK = "＊＊＊"

_PATTERNS = (
    # Private keys, whole.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    # Keys with a well-known beginning: model providers, GitHub, GitLab, Slack, AWS, Google.
    re.compile(r"\b(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\b(?:gh[pousr]|github_pat|glpat)[_-][A-Za-z0-9_-]{16,}"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\bAIza[0-9A-Za-z_-]{30,}"),
    # JSON web tokens.
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
)

# The name stays, the value goes: `token=…`, `"password": "…"`, `Authorization: Bearer …`.
_NAMED = re.compile(
    r"(?i)(\b(?:api[_-]?key|token|secret|password|passwd|authorization)\b[\"']?\s*[:=：]\s*[\"']?(?:Bearer\s+)?)"
    r"([^\s\"',;，。]{6,})"
)


#: As in ``plugin/src/mask.rs``, which this mirrors: a shorter token is a word that may stand anywhere.
_LEAST = 5


def _spans(text: str, tokens: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the tokens stand, in order; those that overlap are one."""
    found = []
    for token in tokens:
        start = text.find(token) if len(token) >= _LEAST else -1
        while start >= 0:
            found.append((start, start + len(token)))
            start = text.find(token, start + 1)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def mask_tokens(text: str, tokens: tuple[str, ...]) -> str:
    """The configured tokens themselves, wherever they appear; where they overlap, all of them."""
    masked, done = [], 0
    for start, end in _spans(text, tokens):
        masked += [text[done:start], _MASK]
        done = end
    return "".join([*masked, text[done:]])


def mask_secrets(text: str, tokens: tuple[str, ...]) -> str:
    """Also whatever else looks like a secret."""
    text = mask_tokens(text, tokens)
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    return _NAMED.sub(lambda found: found.group(1) + _MASK, text)


class TokenStream:
    """Masks the configured tokens in a text that comes in pieces. What may be the beginning of one
    is held back until it is known."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = tuple(token for token in tokens if len(token) >= _LEAST)
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown by now."""
        text = self._held + piece
        cut = len(text) - self._begun(text)
        for start, end in _spans(text, self._tokens):
            # It may go on: another token begins in it, or it is the beginning of a longer one.
            if start < cut < end:
                cut = start
        self._held = text[cut:]
        return mask_tokens(text[:cut], self._tokens)

    def rest(self) -> str:
        """What was held back, once nothing more comes."""
        held, self._held = self._held, ""
        return mask_tokens(held, self._tokens)

    def _begun(self, text: str) -> int:
        """How many of the last characters a token begins with."""
        longest = max((len(token) for token in self._tokens), default=1) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(len(token) > length and token.startswith(text[-length:]) for token in self._tokens):
                return length
        return 0
