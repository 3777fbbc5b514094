"""An answer as a few messages, for platforms that cannot stream."""

from __future__ import annotations

import re

_END = re.compile(r"[。！？!?…~；\n]+[”’」』）)\"']*")

#: Messages of one answer. The last one has all that is left.
MOST = 12

#: Characters of the first message; each one may be longer than the one before.
_FIRST = 12
_GROWTH = 1.8


class MessageSplitter:
    """Cuts a text that comes in pieces behind sentences."""

    def __init__(self) -> None:
        self._text = ""
        #: Where the last sentence ends, and up to where ends have been looked for.
        self._cut = self._seen = 0
        self._given = 0
        self._least = float(_FIRST)

    def feed(self, piece: str) -> str:
        """The next message, if there is enough for one; otherwise empty."""
        self._text += piece
        if self._given >= MOST - 1:
            return ""
        seen = len(self._text)
        for end in _END.finditer(self._text, self._seen):
            if end.end() == len(self._text):
                seen = end.start()  # It may go on with the next piece.
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
        """The last message; empty if nothing is left."""
        text, self._text = self._text, ""
        return text.strip("\n")
