"""A QQ client as AstrBot sees one: OneBot v11 over a reverse WebSocket."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

BOT = 99999


@dataclass(frozen=True)
class SentFile:
    """A picture or file that AstrBot sent, as bytes: this client shares no disk with it."""

    chat: str
    name: str
    """Empty for a picture."""
    data: bytes


@dataclass(frozen=True)
class Sent:
    """A message that AstrBot sent."""

    chat: str
    """`private:USER` or `group:GROUP`."""
    text: str
    at: float
    """Seconds of the loop's clock."""


class QQ:
    """The client. Messages that AstrBot sends are in `sent`."""

    def __init__(self, port: int, token: str) -> None:
        self._url = f"ws://127.0.0.1:{port}/ws"
        self._token = token
        self._ids = itertools.count(1)
        self.sent: list[Sent] = []
        self.files: list[SentFile] = []
        self.refused = ""
        """Messages that hold this are refused, as a platform does that must not speak of its own accord."""
        self._quoted: dict[int, tuple[str, str]] = {}
        self._client: aiohttp.ClientSession | None = None
        self._news = asyncio.Condition()

    async def connect(self, seconds: float = 180) -> None:
        """Waits for AstrBot's port, then says that it is there."""
        self._client = aiohttp.ClientSession()
        until = asyncio.get_running_loop().time() + seconds
        headers = {"X-Self-ID": str(BOT), "X-Client-Role": "Universal", "Authorization": f"Bearer {self._token}"}
        while True:
            try:
                self._socket = await self._client.ws_connect(self._url, headers=headers, max_msg_size=0)
                break
            except aiohttp.ClientError:
                if asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(0.2)
        self._reader = asyncio.create_task(self._read())
        await self._post(post_type="meta_event", meta_event_type="lifecycle", sub_type="connect")

    async def close(self) -> None:
        """Hangs up."""
        if self._client is not None:
            self._reader.cancel()
            await self._client.close()
            self._client = None

    async def _post(self, **event: Any) -> None:
        await self._socket.send_str(json.dumps({"time": int(time.time()), "self_id": BOT, **event}))

    async def say(
        self,
        user: int,
        text: str,
        *,
        group: int | None = None,
        image: bytes | None = None,
        nickname: str = "",
        quoting: tuple[str, str] | None = None,
        at: int | None = None,
        then: str = "",
    ) -> int:
        """A user says something. Returns how many messages AstrBot had sent before. `quoting`: name and text of
        the message that this one quotes; `at`: whom the user mentions next, and what the user says `then`."""
        message: list[dict[str, Any]] = [{"type": "text", "data": {"text": text}}] if text else []
        if at is not None:
            message += [{"type": "at", "data": {"qq": str(at)}}, {"type": "text", "data": {"text": f" {then}"}}]
        if quoting is not None:
            number = next(self._ids)
            self._quoted[number] = quoting
            message.insert(0, {"type": "reply", "data": {"id": str(number)}})
        if image is not None:
            data = base64.b64encode(image).decode()
            message.append({"type": "image", "data": {"file": f"base64://{data}", "url": f"base64://{data}"}})
        before = len(self.sent)
        event: dict[str, Any] = {
            "post_type": "message",
            "message_type": "group" if group else "private",
            "sub_type": "normal" if group else "friend",
            "message_id": next(self._ids),
            "user_id": user,
            "message": message,
            "raw_message": text,
            "font": 0,
            "sender": {"user_id": user, "nickname": nickname or f"user{user}", "card": "", "role": "member"},
        }
        if group:
            event["group_id"] = group
        await self._post(**event)
        return before

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            call = json.loads(message.data)
            params = call.get("params", {})
            if self.refused and self.refused in json.dumps(params.get("message"), ensure_ascii=False):
                answer = {"status": "failed", "retcode": 1200, "data": None, "message": "refused"}
            else:
                answer = {"status": "ok", "retcode": 0, "data": self._answer(call.get("action", ""), params)}
            await self._socket.send_str(json.dumps({**answer, "echo": call.get("echo")}))
            async with self._news:
                self._news.notify_all()

    def _answer(self, action: str, params: dict[str, Any]) -> Any:
        if action in ("send_private_msg", "send_group_msg", "send_msg"):
            group = params.get("group_id")
            chat = f"group:{group}" if group else f"private:{params.get('user_id')}"
            self._keep(chat, params.get("message"))
            return {"message_id": next(self._ids)}
        if action in ("send_private_forward_msg", "send_group_forward_msg"):
            group = params.get("group_id")
            chat = f"group:{group}" if group else f"private:{params.get('user_id')}"
            for node in params.get("messages", []):
                self._keep(chat, node.get("data", {}).get("content"))
            return {"message_id": next(self._ids)}
        if action in ("get_stranger_info", "get_group_member_info"):
            return {"user_id": params.get("user_id"), "nickname": "someone", "card": "", "role": "member"}
        if action == "get_group_info":
            return {"group_id": params.get("group_id"), "group_name": "a group"}
        if action == "get_msg" and params.get("message_id") in self._quoted:
            name, text = self._quoted[params["message_id"]]
            return {
                "time": int(time.time()),
                "self_id": BOT,
                "message_type": "private",
                "sub_type": "friend",
                "message_id": params["message_id"],
                "user_id": 10009,
                "message": [{"type": "text", "data": {"text": text}}],
                "raw_message": text,
                "sender": {"user_id": 10009, "nickname": name, "card": ""},
            }
        if action == "get_login_info":
            return {"user_id": BOT, "nickname": "bot"}
        return {}

    def _keep(self, chat: str, message: Any) -> None:
        if isinstance(message, str):
            text = message
        else:
            for part in message or []:
                source = part["data"].get("file", "") if part["type"] in ("image", "file") else ""
                if source.startswith("base64://"):
                    data = base64.b64decode(source.removeprefix("base64://"))
                    self.files.append(SentFile(chat, part["data"].get("name", ""), data))
            text = "".join(
                part["data"].get("text", "") if part["type"] == "text" else f"<{part['type']}>"
                for part in message or []
            )
        self.sent.append(Sent(chat, text, asyncio.get_running_loop().time()))

    async def until(self, chat: str, since: int, words: str | tuple[str, ...], seconds: float = 60) -> str:
        """All that this chat was sent since then, once every one of the words is in it."""
        wanted = (words,) if isinstance(words, str) else words

        def have() -> str:
            return "\n".join(sent.text for sent in self.sent[since:] if sent.chat == chat)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: all(word in have() for word in wanted)), seconds)
            except asyncio.TimeoutError:
                raise AssertionError(f"{chat} was not told {wanted} within {seconds} s, but: {have()!r}") from None
        return have()

    async def silence(self, since: int, seconds: float) -> None:
        """Nothing at all is sent in this time."""
        await asyncio.sleep(seconds)
        assert len(self.sent) == since, f"it was not silent: {self.sent[since:]}"

    async def ask(self, user: int, text: str, words: str | tuple[str, ...], **more: Any) -> str:
        """Says something in private, or in a group, and waits for an answer with these words."""
        group = more.get("group")
        seconds = more.pop("seconds", 60)
        since = await self.say(user, text, **more)
        return await self.until(f"group:{group}" if group else f"private:{user}", since, words, seconds)
