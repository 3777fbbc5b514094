"""Who asked for something, and where: kept across restarts, when the message itself is gone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from .push import push


@dataclass(frozen=True)
class Sender:
    """The sender of a message. Strings as AstrBot gives them, so that it can be stored as JSON."""

    chat: str  #: The chat's origin (`unified_msg_origin`).
    platform: str  #: Id of the platform.
    platform_name: str  #: Its kind, such as `aiocqhttp`.
    id: str = field(repr=False)  #: The sender's id on the platform.
    name: str = field(repr=False)
    group: str  #: Empty in a private chat.
    bot: str  #: The bot's own id.
    admin: bool  #: Whether AstrBot took them for an admin.

    @classmethod
    def of(cls, event: Any) -> Sender:
        """The sender of a message."""
        return cls(
            chat=str(event.unified_msg_origin),
            platform=str(event.get_platform_id()),
            platform_name=str(event.get_platform_name()),
            id=str(event.get_sender_id() or ""),
            name=str(event.get_sender_name() or ""),
            group=str(event.get_group_id() or ""),
            bot=str(event.get_self_id() or ""),
            admin=bool(event.is_admin()),
        )

    def stored(self) -> dict[str, Any]:
        """For JSON; `read` takes it."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, stored: Any) -> Sender:
        """What `stored` gave. Raises ValueError, KeyError or TypeError."""
        kinds = {"str": str, "bool": bool}
        values = {each.name: stored[each.name] for each in dataclasses.fields(cls)}
        if any(not isinstance(values[each.name], kinds[str(each.type)]) for each in dataclasses.fields(cls)):
            raise ValueError("不是发送者")
        return cls(**values)

    def now(self, context: Any) -> Rights:
        """What this sender may do now, for the functions of `access`. `context`: AstrBot's."""
        # Whoever has lost the role meanwhile must not get it back.
        admins = context.get_config(umo=self.chat).get("admins_id", [])
        return Rights(self, self.admin and self.id in map(str, admins))

    def event(self, context: Any, text: str = "") -> Any:
        """A message of this sender for AstrBot, with the rights that they have now. Its `send` raises if the platform
        takes no messages of its own accord. `context`: AstrBot's."""
        # As AstrBot itself does for its scheduled jobs.
        from astrbot.core.cron.events import CronMessageEvent
        from astrbot.core.platform.astrbot_message import MessageMember
        from astrbot.core.platform.message_session import MessageSession
        from astrbot.core.platform.platform_metadata import PlatformMetadata

        class Event(CronMessageEvent):
            async def send(self, message: Any) -> None:
                if message is not None and not await push(context, str(self.session), message):
                    raise RuntimeError("the platform does not send messages of its own accord")

        session = MessageSession.from_str(self.chat)
        event = Event(context=context, session=session, message=text, message_type=session.message_type)
        event.platform = event.platform_meta = PlatformMetadata(self.platform_name, "", self.platform)
        event.message_obj.self_id = self.bot
        event.message_obj.sender = MessageMember(self.id, self.name)
        if self.group:
            event.message_obj.group_id = self.group
        event.role = "admin" if self.now(context).is_admin() else "member"
        return event


@dataclass(frozen=True)
class Rights:
    """A sender as `access` asks about the sender of a message."""

    _sender: Sender
    _admin: bool

    @property
    def unified_msg_origin(self) -> str:
        return self._sender.chat

    def get_platform_id(self) -> str:
        return self._sender.platform

    def get_sender_id(self) -> str:
        return self._sender.id

    def get_group_id(self) -> str:
        return self._sender.group

    def is_admin(self) -> bool:
        return self._admin
