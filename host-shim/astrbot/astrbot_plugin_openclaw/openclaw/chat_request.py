"""Reads what AstrBot passes to a chat model, in any of the shapes that it uses."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .attachments import NotAttachable

#: How many of the last characters of the history are passed on. A gateway accepts 20 MiB at most, and no
#: model reads that much.
_HISTORY = 400_000

#: Placeholders for parts that only a new message can carry.
_STANDS_FOR = {"image_url": "[image]", "audio_url": "[audio]", "input_audio": "[audio]"}


#: What AstrBot writes before and after a quoted message, which is a part of its own.
_QUOTE = ("<Quoted Message>\n", "\n</Quoted Message>")


class NothingToAsk(Exception):
    """The request has no text, image or tool result."""


@dataclass
class ChatRequest:
    """One request, decoded."""

    text: str = ""
    images: list[str] = field(default_factory=list)
    """Data URLs, links, paths, or `base64://…`."""
    system: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)  #: Earlier messages, one line each.
    before: list[str] = field(default_factory=list)
    """Earlier messages of user and model, by which a conversation is recognised."""
    said: list[str] = field(default_factory=list)  #: `before`, plus the new message.
    results: dict[str, str] = field(default_factory=dict)
    """Tool results since the model's last message, by call id."""
    note: str = ""  #: User text after those results.
    note_images: list[str] = field(default_factory=list)
    quoted: str = ""  #: What the new message quotes, if it was asked for apart from the text.
    results_text: str = ""  #: The results as text, for a turn that did not make the calls.

    def with_reply(self, text: str) -> list[str]:
        """`said`, plus the reply."""
        return [*self.said, f"assistant:{text}"] if text else self.said

    def told(self) -> str:
        """The history, as instructions for a session that does not know it."""
        lines: list[str] = []
        left = _HISTORY
        for line in reversed(self.history):
            left -= len(line)
            if left < 0:
                lines.append("(what was said earlier is left out)")
                break
            lines.append(line)
        return "Earlier in this conversation:\n" + "\n".join(reversed(lines))


def read(
    prompt: Any = None,
    contexts: Any = None,
    *,
    image_urls: Any = None,
    audio_urls: Any = None,
    extra: Any = None,
    tool_calls: Any = None,
    split_quote: bool = False,
) -> ChatRequest:
    """Decodes a request. Raises `NothingToAsk`, or `NotAttachable` for an invalid image. `split_quote`: whether
    the quote in the new message is given in `quoted` instead of in the text."""
    messages = _messages(contexts, tool_calls)
    _add_prompt(messages, prompt, image_urls, audio_urls, extra)
    asked = ChatRequest()
    asked.system = [text for m in messages if m["role"] == "system" and (text := text_of(m.get("content")))]
    dialogue = [m for m in messages if m["role"] != "system"]
    asked.said = _marks(dialogue)

    tail: list[dict[str, Any]] = []
    while dialogue and dialogue[-1]["role"] != "assistant":
        tail.insert(0, dialogue.pop())
    asked.results = tool_results(tail)
    last_tool = max((at for at, m in enumerate(tail) if m["role"] == "tool"), default=-1)
    after = [m for m in tail[last_tool + 1 :] if m["role"] == "user"] if asked.results else []
    asked.results_text = _results_as_text(dialogue, tail) if asked.results else ""
    asked.note = _joined(_shown(m) for m in after)
    asked.note_images = [url for m in after for url in images_of(m.get("content"))]

    if tail and tail[-1]["role"] == "user":
        newest = tail.pop()
        if split_quote:
            newest, asked.quoted = _without_quote(newest)
        asked.text, asked.images = _shown(newest, images=False), images_of(newest.get("content"))
        asked.before = asked.said[:-1] if _marks([newest]) else asked.said
    elif asked.results:
        asked.text = asked.results_text
        asked.before = asked.said
        tail = [m for m in tail if m["role"] != "tool"]
    elif dialogue or asked.system:
        # The model spoke last, or nobody did: let it continue.
        asked.text = "Continue."
        asked.before = asked.said
    asked.history = [line for m in [*dialogue, *tail] if (line := _line(m))]
    if not asked.text and not asked.images:
        raise NothingToAsk
    return asked


def tool_results(messages: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tool results since the model's last message, by call id."""
    results: dict[str, str] = {}
    for message in reversed(list(messages)):
        if message.get("role") == "assistant":
            break
        if message.get("role") == "tool":
            results.setdefault(str(message.get("tool_call_id") or ""), text_of(message.get("content")))
    return dict(reversed(results.items()))


def text_of(content: Any) -> str:
    """The text of a message's content, whatever its type."""
    return _joined(_plain(part.get("text")) for part in _parts(content) if part.get("type") == "text")


def images_of(content: Any) -> list[str]:
    """The images of a message's content."""
    return images(part.get("image_url") for part in _parts(content) if part.get("type") == "image_url")


def images(references: Any) -> list[str]:
    """Image references as strings; empty ones are dropped. Raises `NotAttachable` for anything that is not an
    image reference."""
    if references is None:
        return []
    if isinstance(references, (str, bytes, bytearray, Mapping, os.PathLike)) or not isinstance(references, Iterable):
        references = [references]
    return [found for reference in references if (found := _image(reference))]


def _image(reference: Any) -> str:
    reference = _dumped(reference)
    if reference is None:
        return ""
    if isinstance(reference, str):
        return reference.strip()
    if isinstance(reference, (bytes, bytearray)):
        return "base64://" + base64.b64encode(reference).decode() if reference else ""
    if isinstance(reference, os.PathLike):
        return str(os.fspath(reference))
    if isinstance(reference, Mapping):
        for key in ("url", "image_url", "file", "path"):
            if reference.get(key):
                return _image(reference[key])
        for key in ("base64", "data"):
            if isinstance(value := reference.get(key), str) and value:
                return value if value.startswith(("base64://", "data:")) else f"base64://{value}"
        if not any(reference.values()):
            return ""
    raise NotAttachable("image_unreadable", why=type(reference).__name__)


def _messages(contexts: Any, tool_calls: Any) -> list[dict[str, Any]]:
    """AstrBot's messages as dicts, including tool results, which older versions pass separately."""
    given = list(contexts) if isinstance(contexts, Iterable) and not isinstance(contexts, (str, bytes, Mapping)) else []
    if tool_calls:
        for result in tool_calls if isinstance(tool_calls, (list, tuple)) else [tool_calls]:
            given += result.to_openai_messages() if hasattr(result, "to_openai_messages") else [result]
    messages = []
    for message in map(_dumped, given):
        if isinstance(message, str):
            message = {"role": "user", "content": message}
        role = message.get("role") if isinstance(message, Mapping) else None
        role = {"developer": "system", "function": "tool"}.get(str(role), role)
        if role in ("system", "user", "assistant", "tool"):
            messages.append({**message, "role": role})
    return messages


def _add_prompt(messages: list[dict[str, Any]], prompt: Any, image_urls: Any, audio_urls: Any, extra: Any) -> None:
    """Appends the prompt and its images as the newest message. `extra` belongs to the prompt; without one it
    is already part of the messages."""
    text = text_of(prompt)
    parts: list[Any] = [{"type": "text", "text": text}] if text.strip() else []
    media: list[Any] = [{"type": "image_url", "image_url": url} for url in images(image_urls)]
    media += [{"type": "audio_url"} for entry in _listed(audio_urls) if entry]
    if not parts and not media:
        return
    parts += [*_parts(_listed(extra)), *media]
    if not text.strip() and messages and messages[-1]["role"] == "user":
        messages[-1] = {**messages[-1], "content": [*_parts(messages[-1].get("content")), *parts]}
    else:
        messages.append({"role": "user", "content": parts})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _dumped(value: Any) -> Any:
    """A pydantic model as a dict; anything else unchanged."""
    return value.model_dump() if hasattr(value, "model_dump") else value


def _parts(content: Any) -> list[dict[str, Any]]:
    """The parts of a message's content, as dicts; unknown ones are dropped."""
    if isinstance(content, Mapping) and "type" in content:
        content = [content]
    if not isinstance(content, (list, tuple)):
        content = [content.decode("utf-8", "replace") if isinstance(content, bytes) else _plain(content)]
    parts: list[dict[str, Any]] = []
    for part in map(_dumped, content):
        if isinstance(part, str):
            parts.append({"type": "text", "text": part})
        elif isinstance(part, Mapping):
            parts.append(dict(part))
        elif getattr(part, "type", None):
            parts.append({key: getattr(part, key, None) for key in ("type", "text", "image_url")})
    return parts


def _plain(value: Any) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError, TypeError):
        return str(value)


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text)


def _shown(message: Mapping[str, Any], *, images: bool = True) -> str:
    """A message's text, with placeholders for images and audio."""
    content = message.get("content")
    words = [_STANDS_FOR.get(str(part.get("type")), "") for part in _parts(content)]
    return _joined([text_of(content), *(word for word in words if images or word != "[image]")])


def _line(message: Mapping[str, Any]) -> str:
    """A message as a line of the history; empty for an empty message."""
    calls = [f"(called {name} with {arguments})" for _, name, arguments in _calls(message)]
    text = _joined([_shown(message), *calls])
    return f"{message['role']}: {text}" if text else ""


def _without_quote(message: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The message, and the quote that AstrBot has put into it, unless nothing else is left."""
    begin, end = _QUOTE
    rest: list[dict[str, Any]] = []
    quoted = ""
    for part in _parts(message.get("content")):
        text = _plain(part.get("text"))
        # The first text is the user's own.
        if rest and not quoted and text.startswith(begin) and text.endswith(end):
            quoted = text[len(begin) : -len(end)]
        else:
            rest.append(part)
    return ({**message, "content": rest}, quoted) if quoted else (message, "")


def _calls(message: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """A message's tool calls: id, name, arguments."""
    calls = []
    for call in map(_dumped, message.get("tool_calls") or []):
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            calls.append((str(call.get("id")), _plain(function.get("name")), _plain(function.get("arguments"))))
    return calls


def _results_as_text(dialogue: list[dict[str, Any]], tail: list[dict[str, Any]]) -> str:
    """Tool results as text, for a turn that did not make the calls."""
    called = {call: f"{name} {arguments}" for m in dialogue for call, name, arguments in _calls(m)}
    lines = ["The tools that were called have answered; go on with the task."]
    for call, text in tool_results(tail).items():
        lines.append(f"{called.get(call, 'tool')}:\n{text}")
    return "\n\n".join(lines)


def _marks(messages: list[dict[str, Any]]) -> list[str]:
    """What user and model said. Of a user's message only the first text counts: AstrBot appends things it
    does not store, such as the time."""
    marks = []
    for message in messages:
        content = message.get("content")
        if message["role"] == "user":
            text = next((text for part in _parts(content) if (text := _plain(part.get("text")))), "")
        else:
            text = text_of(content) if message["role"] == "assistant" else ""
        if text:
            marks.append(f"{message['role']}:{text}")
    return marks
