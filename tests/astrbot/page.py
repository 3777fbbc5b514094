"""The status page in AstrBot's dashboard, read with Debian's Chromium over its debugging protocol."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
from astr import PASSWORD, PLUGIN

_CHROOT = (
    'mount --make-rprivate / && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && '
    'exec chroot "$0" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$1" '
    "chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "
    '--remote-debugging-port=0 --user-data-dir="$1" --window-size=1280,900 about:blank'
)


class Browser:
    """Chromium of the Debian root, with one page. Use as an async context manager."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._profile = f"/srv/chromium-{os.getpid()}"
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._watching: set[asyncio.Task[None]] = set()
        # What can run scripts: (session, context).
        self._contexts: dict[tuple[str, int], dict[str, Any]] = {}

    async def __aenter__(self) -> Browser:
        Path(f"{self._root}{self._profile}").mkdir()
        self._process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _CHROOT, str(self._root), self._profile],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port_file = Path(f"{self._root}{self._profile}/DevToolsActivePort")
        for _ in range(300):
            if port_file.exists() and len(port_file.read_text().splitlines()) == 2:
                break
            assert self._process.poll() is None, "Chromium ended at once"
            await asyncio.sleep(0.1)
        port, path = port_file.read_text().splitlines()
        self._client = aiohttp.ClientSession()
        self._socket = await self._client.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.page = attached["sessionId"]
        await self._watch(self.page)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()
        self._reader.cancel()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(f"{self._root}{self._profile}", ignore_errors=True)

    async def _watch(self, session: str) -> None:
        await self.call("Runtime.enable", session)
        await self.call("Page.enable", session)
        # Frames in processes of their own, such as sandboxed ones, are targets of their own.
        await self.call("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=False, flatten=True)

    async def _read(self) -> None:
        async for message in self._socket:
            event = json.loads(message.data)
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
                watching = asyncio.create_task(self._watch(params["sessionId"]))
                self._watching.add(watching)
                watching.add_done_callback(self._watching.discard)

    async def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """One command of the protocol."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        await self._socket.send_str(json.dumps(command))
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

    async def press_enter(self) -> None:
        """A key press, where the focus is."""
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.call("Input.dispatchKeyEvent", self.page, type="keyDown", text="\r", **enter)
        await self.call("Input.dispatchKeyEvent", self.page, type="keyUp", **enter)

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


async def open_status_page(browser: Browser, astr: Any) -> str:
    """Logs in and opens the page; its text."""
    base = f"http://127.0.0.1:{astr.web_port}"
    await browser.call("Page.navigate", browser.page, url=base)
    login = json.dumps({"username": "astrbot", "password": PASSWORD})
    await browser.settled(
        f"""fetch({json.dumps(base)} + '/api/auth/login', {{method: 'POST', headers: {{'Content-Type': 'application/json'}},
            body: {json.dumps(login)}}}).then(r => r.json()).then(a => {{
            localStorage.setItem('token', a.data.token); localStorage.setItem('user', 'astrbot');
            localStorage.setItem('astrbot-locale', 'zh-CN'); }})"""
    )
    await browser.call("Page.reload", browser.page)
    for attempt in range(6):
        # The dashboard goes to its own first page once it is up, whatever it was asked for.
        await browser.settled(f"location.hash = '#/plugin-view/{PLUGIN}/status?{attempt}'")
        try:
            return await browser.until("OpenClaw 状态", "关闭（正常）", "MiB", "SHA-256", seconds=10)
        except AssertionError:
            if attempt == 5:
                raise
    raise AssertionError  # Unreachable.


async def read_status_page(scenario: Any) -> None:
    """Opens the page, and sees the breaker open and close while it looks."""
    astr, qq = scenario.astr, scenario.qq
    async with Browser(astr._root) as browser:
        text = await open_status_page(browser, astr)
        assert scenario.shipped_hash() in text.replace("\n", ""), text
        await astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        for _ in range(2):
            await qq.ask(10001, "/助手 你好", "auth_failed")
        text = await browser.until("打开（暂停请求）", "auth_failed", seconds=20)
        assert "wrong-token" not in text
        await qq.ask(10001, "/助手 熔断复位", "已复位")
        await browser.until("关闭（正常）", "auth_failed", seconds=20)
        await astr.configure(gateway_bearer_token=scenario.gateway.token)


async def approve_on_status_page(scenario: Any, name: str, *words: str) -> None:
    """Approves a request with the keyboard, once the page shows it with these words."""
    async with Browser(scenario.astr._root) as browser:
        await browser.call("Emulation.setFocusEmulationEnabled", browser.page, enabled=True)
        await open_status_page(browser, scenario.astr)
        await browser.until("等待确认", name, *words, seconds=20)
        label = json.dumps(f"同意 {name}")
        focused = await browser.everywhere(
            f"(() => {{ const button = document.querySelector(`[aria-label=${{JSON.stringify({label})}}]`);"
            " if (button) button.focus(); return button !== null && document.activeElement === button; })()"
        )
        assert focused.count(True) == 1, focused
        await browser.press_enter()
        await browser.until("已处理", seconds=20)
