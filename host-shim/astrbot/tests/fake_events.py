"""AstrBot's messages that nobody has sent, as its scheduler makes them."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

from fake_commands import Plain


@dataclass
class MessageMember:
    user_id: str
    nickname: str | None = None


@dataclass
class MessageSession:
    platform_id: str
    message_type: str
    session_id: str

    def __str__(self) -> str:
        return f"{self.platform_id}:{self.message_type}:{self.session_id}"

    @classmethod
    def from_str(cls, text: str) -> MessageSession:
        return cls(*text.split(":", 2))


@dataclass
class PlatformMetadata:
    name: str
    description: str
    id: str
    support_streaming_message: bool = True


class CronMessageEvent:
    """As AstrBot's: the sender is the session, nobody is an admin."""

    def __init__(self, *, context: Any, session: MessageSession, message: str, message_type: str) -> None:
        self.session, self.context_obj, self.message_str = session, context, message
        self.platform_meta = PlatformMetadata("cron", "", session.platform_id)
        self.message_obj = types.SimpleNamespace(
            self_id="astrbot",
            sender=MessageMember(session.session_id, "Scheduler"),
            group=None,
            group_id="",
            message=[Plain(message)],
        )
        self.role = "member"
        self.extras: dict[str, Any] = {}

    @property
    def unified_msg_origin(self) -> str:
        return str(self.session)

    def get_platform_id(self) -> str:
        return self.platform_meta.id

    def get_platform_name(self) -> str:
        return self.platform_meta.name

    def get_sender_id(self) -> str:
        return self.message_obj.sender.user_id

    def get_sender_name(self) -> str:
        return self.message_obj.sender.nickname

    def get_self_id(self) -> str:
        return self.message_obj.self_id

    def get_group_id(self) -> str:
        return self.message_obj.group_id

    async def get_group(self) -> None:
        return None

    def get_messages(self) -> list[Any]:
        return self.message_obj.message

    def get_extra(self, key: str) -> Any:
        return self.extras.get(key)

    def is_admin(self) -> bool:
        return self.role == "admin"
