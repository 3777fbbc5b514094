"""Which session of the gateway a conversation of AstrBot's goes on in, where OpenClaw is its chat
model. AstrBot does not say which conversation it is (`/new`, `/switch`): it is recognised by what was
said in it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astr_openclaw import valid_text
from astrbot.api import logger

from . import atomic_file
from .settings import PLUGIN

#: How many conversations per chat, and how many chats, are remembered. A forgotten conversation continues
#: in a new session, which is given its history.
_CONVERSATIONS = 8
_CHATS = 500

#: How many of the last messages are compared.
_COMPARED = 64

#: AstrBot drops the oldest messages of a long conversation. This many equal last messages are no
#: coincidence.
_ENOUGH = 4


@dataclass(frozen=True)
class _Conversation:
    session: str
    count: int
    """Messages that its session knows."""
    last: tuple[str, ...]
    """The hashes of the last of them."""


class Conversations:
    """The conversations of each chat, kept across restarts. Only hashes of messages are stored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chats: dict[str, list[_Conversation]] = atomic_file.load(path, _parse, {}, _damaged)

    def find(self, chat: str, said: Sequence[str]) -> str | None:
        """The session that knows exactly these messages; None if there is none or nothing was said yet."""
        if not said:
            return None
        chat = valid_text(chat)
        count, last = len(said), _hashes(said)
        shorter: str | None = None
        for conversation in reversed(self._chats.get(chat, [])):
            if conversation.count == count and conversation.last == last:
                return conversation.session
            if shorter is None and _ENOUGH <= count < conversation.count and conversation.last[-len(last) :] == last:
                shorter = conversation.session
        return shorter

    def keep(self, chat: str, session: str, said: Sequence[str]) -> None:
        """Remembers that the session knows these messages."""
        chat = valid_text(chat)
        conversations = [conversation for conversation in self._chats.pop(chat, []) if conversation.session != session]
        conversations.append(_Conversation(session, len(said), _hashes(said)))
        # At the end, so that the oldest chat is first.
        self._chats[chat] = conversations[-_CONVERSATIONS:]
        while len(self._chats) > _CHATS:
            del self._chats[next(iter(self._chats))]
        try:
            atomic_file.write_json(self._path, self._stored())
        except OSError as error:
            logger.error(f"[{PLUGIN}] 对话无法保存：{error}")

    def _stored(self) -> dict[str, Any]:
        return {
            chat: [
                [conversation.session, conversation.count, " ".join(conversation.last)]
                for conversation in conversations
            ]
            for chat, conversations in self._chats.items()
        }


def new_session(chat: str) -> str:
    """The name of a fresh gateway session. `chat`: empty for a single use."""
    return f"astrbot:{chat or 'once'}:{secrets.token_hex(8)}"


def _parse(chats: Any) -> dict[str, list[_Conversation]]:
    if not isinstance(chats, dict):
        raise ValueError("不是对话表")
    return {str(chat): [_conversation(entry) for entry in entries] for chat, entries in chats.items()}


def _damaged(words: str) -> dict[str, list[_Conversation]]:
    # Nothing is lost: new sessions are given the history.
    logger.error(f"[{PLUGIN}] {words}")
    return {}


def _conversation(entry: Any) -> _Conversation:
    session, count, last = entry
    if not (isinstance(session, str) and isinstance(count, int) and isinstance(last, str)):
        raise ValueError("不是对话表")
    return _Conversation(session, count, tuple(last.split()))


def _hashes(said: Sequence[str]) -> tuple[str, ...]:
    # Python strings may contain half a surrogate pair.
    return tuple(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] for text in said[-_COMPARED:])
