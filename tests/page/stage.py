"""The status page in Chromium, served by the real `StatusPage` of a chat with the real module and a small gateway. Only
AstrBot is a stand-in: its bridge, which carries the page's requests, and what its dashboard sends with them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import left
from browser import Browser
from conftest import STAR

PAGE = STAR / "pages/status"
SITE = "http://dashboard.test"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

#: As AstrBot's `plugin_page_bridge.js` seen from the page.
BRIDGE = """
(() => {
  const wanted = new URLSearchParams(location.search);
  const handlers = new Set();
  let context = {};
  const set = (next) => {
    context = { ...context, ...next };
    document.documentElement.dataset.theme = context.isDark ? "dark" : "light";
    handlers.forEach((handler) => handler(context));
  };
  const answer = async (response) => {
    if (!response.ok) throw new Error(await response.text());
    const data = await response.json();
    return data.data ?? data;
  };
  window.setContext = set;
  window.AstrBotPluginPage = {
    ready: async () => { set({ locale: wanted.get("locale"), isDark: wanted.get("theme") === "dark" }); return context; },
    onContext: (handler) => { handlers.add(handler); handler(context); },
    apiGet: (name) => fetch(`/api/${name}`).then(answer),
    apiPost: (name, body) => fetch(`/api/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    }).then(answer),
  };
})();
"""


class Stage:
    """The page of one dashboard."""

    def __init__(self, browser: Browser, dashboard: Any, shots: Path) -> None:
        self.browser, self.dashboard, self.shots = browser, dashboard, shots
        self.asked: Counter[str] = Counter()  #: How often the page has asked for each address.
        self.broken = ""  #: How requests fail: `error`, `nonsense`, `hang`; empty for not at all.
        browser.on["Fetch.requestPaused"] = self._serve

    async def _serve(self, session: str, params: dict[str, Any]) -> None:
        request = params["request"]
        path = urlsplit(request["url"]).path
        self.asked[path] += 1
        status, kind, body = 200, TYPES.get(Path(path).suffix, TYPES[".json"]), b""
        if path.startswith("/api/"):
            if self.broken == "hang":
                return
            if self.broken:
                status, body = {"error": (500, b"<b>the proxy says no</b>"), "nonsense": (200, b"[]")}[self.broken]
            else:
                body = json.dumps(await self._answer(path.removeprefix("/api/"), request)).encode()
        elif (PAGE / path[1:]).is_file():
            body = (
                (PAGE / path[1:]).read_bytes().replace(b"<head>", b"<head><script>" + BRIDGE.encode() + b"</script>", 1)
            )
        else:
            status = 404
        headers = [{"name": "Content-Type", "value": f"{kind}; charset=utf-8"}]
        await self.browser.call(
            *("Fetch.fulfillRequest", session),
            requestId=params["requestId"],
            responseCode=status,
            responseHeaders=headers,
            body=base64.b64encode(body).decode(),
        )

    async def _answer(self, name: str, request: dict[str, Any]) -> Any:
        if request["method"] == "GET":
            assert name == "state"
            state = await self.dashboard.state()
            left.leave("page/states", json.dumps(state))
            return state
        headers = {key.lower(): value for key, value in request["headers"].items()}
        return await self.dashboard.post(name, request["postData"].encode(), headers.get("content-type"))

    async def open(self, locale: str = "en-US", theme: str = "light", *, width: int = 1100, faster: int = 1) -> None:
        """Opens the page, and waits for its first answer. `faster`: its timers run so many times faster."""
        await self.size(width, 900)
        address = f"{SITE}/index.html?locale={locale}&theme={theme}&faster={faster}"
        await self.browser.call("Page.navigate", self.browser.page, url=address)
        await self.until("document.title && /\\d/.test(document.getElementById('updated').textContent)")

    async def size(self, width: int, height: int) -> None:
        await self.browser.call(
            *("Emulation.setDeviceMetricsOverride", self.browser.page),
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        return await self.browser.settled(script, 5)

    async def until(self, script: str) -> None:
        """Waits until an expression is true in the page."""
        until = asyncio.get_running_loop().time() + 10
        while not await self.run(f"Boolean({script})"):
            assert asyncio.get_running_loop().time() < until, f"never true: {script}"
            await asyncio.sleep(0.02)

    async def refreshed(self, times: int = 1) -> None:
        """Once the page has asked and shown again, as it does every two seconds; sooner, as on becoming visible."""
        for _ in range(times):
            before = self.asked["/api/state"]
            while self.asked["/api/state"] == before:
                await self.run("document.dispatchEvent(new Event('visibilitychange'))")
                await asyncio.sleep(0.02)
            await self.run("new Promise((done) => setTimeout(done, 60))")

    async def shot(self, name: str) -> None:
        """Keeps a picture of the whole page."""
        height = await self.run("document.documentElement.scrollHeight")
        width = await self.run("innerWidth")
        await self.size(width, min(height, 4000))
        shot = await self.browser.call("Page.captureScreenshot", self.browser.page, format="png")
        (self.shots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
