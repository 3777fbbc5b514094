"""The status page in AstrBot's dashboard."""

from __future__ import annotations

import json
from typing import Any

from astr import PASSWORD, PLUGIN
from browser import Browser


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
        await browser.press("Enter")
        await browser.until("已处理", seconds=20)
