"""Splits an answer into a few messages, for platforms that cannot stream."""

from __future__ import annotations

import re

_END = re.compile(r"[。！？!?…~；\n]+[”’」』）)\"']*")

#: Messages per answer; the last one takes all that is left.
MOST = 12

#: Least characters of the first message, and by how much each next one is longer.
_FIRST = 12
_GROWTH = 1.8


class MessageSplitter:
    """Cuts a text that arrives in pieces at the ends of sentences."""

    def __init__(self) -> None:
        self._text = ""
        #: End of the last complete sentence, and up to where the text was searched.
        self._cut = self._seen = 0
        self._given = 0
        self._least = float(_FIRST)

    def feed(self, piece: str) -> str:
        """Takes a piece; returns the next message, or an empty text."""
        self._text += piece
        if self._given >= MOST - 1:
            return ""
        seen = len(self._text)
        for end in _END.finditer(self._text, self._seen):
            if end.end() == len(self._text):
                seen = end.start()  # May continue in the next piece.
            else:
                self._cut = end.end()
        self._seen = max(seen, self._cut)
        if self._cut < self._least:
            return ""
        message, self._text = self._text[: self._cut], self._text[self._cut :]
        self._seen -= self._cut
        self._cut = 0
        self._given += 1
        self._least *= _GROWTH
        return message.strip("\n")

    def rest(self) -> str:
        """The last message; may be empty."""
        text, self._text = self._text, ""
        return text.strip("\n")
