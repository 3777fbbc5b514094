"""Debian's Chromium of tests/setup/astrbot-root.sh, over its debugging protocol."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

# The protocol comes by the descriptors 3 and 4, an answer or command a NUL.
_CHROOT = (
    'mount --make-rprivate / && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && '
    'exec 3<&0 4>&1 </dev/null >/dev/null 2>&1 && exec chroot "$0" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$1" '
    "chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "
    '--remote-debugging-pipe --user-data-dir="$1" --window-size=1280,900 about:blank'
)

#: Bytes of an answer; screenshots are large.
_LARGEST = 64 << 20


class Browser:
    """Chromium of the Debian root, with one page. Use as an async context manager."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._profile = f"/srv/chromium-{os.getpid()}"
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._watching: set[asyncio.Future[Any]] = set()
        #: What to do about an event, by its name: gets its session and parameters.
        self.on: dict[str, Callable[[str, dict[str, Any]], Awaitable[None]]] = {}
        # What can run scripts: (session, context).
        self._contexts: dict[tuple[str, int], dict[str, Any]] = {}

    async def __aenter__(self) -> Browser:
        Path(f"{self._root}{self._profile}").mkdir()
        self._process = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "sh", "-c", _CHROOT, str(self._root), self._profile),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=_LARGEST,
        )
        self._reader = asyncio.create_task(self._read())
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.page = attached["sessionId"]
        await self._watch(self.page)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        shutil.rmtree(f"{self._root}{self._profile}", ignore_errors=True)

    async def _watch(self, session: str) -> None:
        await self.call("Runtime.enable", session)
        await self.call("Page.enable", session)
        # Frames in processes of their own, such as sandboxed ones, are targets of their own.
        await self.call("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=False, flatten=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                event = json.loads((await self._process.stdout.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                for answer in self._answers.values():
                    if not answer.done():
                        answer.set_exception(AssertionError("Chromium has ended"))
                return
            if "id" in event:
                answer = self._answers.pop(event["id"], None)
                if answer is not None and not answer.done():
                    answer.set_result(event)
                continue
            session, params = event.get("sessionId", ""), event.get("params", {})
            if event["method"] == "Runtime.executionContextCreated":
                self._contexts[session, params["context"]["id"]] = params["context"]
            elif event["method"] == "Runtime.executionContextDestroyed":
                self._contexts.pop((session, params["executionContextId"]), None)
            elif event["method"] == "Runtime.executionContextsCleared":
                for key in [key for key in self._contexts if key[0] == session]:
                    del self._contexts[key]
            elif event["method"] == "Target.attachedToTarget" and session:
                self._spawn(self._watch(params["sessionId"]))
            elif event["method"] in self.on:
                self._spawn(self.on[event["method"]](session, params))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """One command of the protocol."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\0")
        result = await asyncio.wait_for(answer, 30)
        assert "error" not in result, f"{method}: {result['error']}"
        return result["result"]

    async def run(self, script: str) -> Any:
        """Runs a script in the page itself; awaits its promise."""
        result = await self.call(
            "Runtime.evaluate", self.page, expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def settled(self, script: str, seconds: float = 60) -> Any:
        """As `run`, but again if the page goes elsewhere meanwhile. The script may run twice."""
        until = asyncio.get_running_loop().time() + seconds
        while True:
            try:
                return await self.run(script)
            except AssertionError:
                if asyncio.get_running_loop().time() > until:
                    raise
            await asyncio.sleep(0.2)

    async def texts(self) -> list[str]:
        """The visible text of every frame."""
        return [str(text or "") for text in await self.everywhere("document.body ? document.body.innerText : ''")]

    async def everywhere(self, script: str) -> list[Any]:
        """Runs a script in every frame."""
        found = []
        for session, context in list(self._contexts):
            try:
                result = await self.call(
                    "Runtime.evaluate", session, contextId=context, returnByValue=True, expression=script
                )
            except AssertionError:
                continue  # The frame has gone meanwhile.
            found.append(result["result"].get("value"))
        return found

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Presses and releases a key, where the focus is: `Enter`, `Tab`, or a space."""
        code, text = {"Enter": (13, "\r"), "Tab": (9, ""), " ": (32, " ")}[key]
        how = {"key": key, "code": key.replace(" ", "Space"), "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        await self.call("Input.dispatchKeyEvent", self.page, type="keyDown", text=text, **how)
        await self.call("Input.dispatchKeyEvent", self.page, type="keyUp", **how)

    async def until(self, *words: str, seconds: float = 60) -> str:
        """The text of the frame that shows all these words."""
        until = asyncio.get_running_loop().time() + seconds
        while True:
            texts = await self.texts()
            for text in texts:
                if all(word in text for word in words):
                    return text
            if asyncio.get_running_loop().time() > until:
                raise AssertionError(f"no frame shows {words}: {texts}")
            await asyncio.sleep(0.2)
