"""Makes outside text safe to show: removes control characters, invisible ones, ones that change the writing
direction, and halves of surrogate pairs. Line breaks, tabs and emoji stay."""

from __future__ import annotations

import re

from astr_openclaw import valid_text

# Complete terminal escape sequences: colours, titles, links. Of unknown ones only the escape is removed.
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\x1b[]PX^_]|\x9d)[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\\\|\x9c)"
)
#: An unfinished one at the end of a text.
_BEGUN = re.compile(
    "(?:\x1b|(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}|(?:\x1b[]PX^_]|\x9d)[^\x07\x1b\x9c\n]{0,256}\x1b?)\\Z"
)

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# The flags of England, Scotland and Wales: a black flag and letters that are invisible elsewhere.
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
_UNSEEN = re.compile(
    f"({_FLAG})|["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # Writing direction.
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U000e0000-\U000e0fff\U0010fffe\U0010ffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "]"
)


def printable(text: str) -> str:
    """The text without anything invisible."""
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE.sub("", valid_text(text))
    text = _BREAK.sub("\n", text)
    return _UNSEEN.sub(lambda found: found.group(1) or "", text)


def begun_escape(text: str) -> int:
    """How many characters at the end may start an escape sequence."""
    found = _BEGUN.search(text)
    return len(found.group()) if found else 0
