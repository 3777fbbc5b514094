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
    """Opens the page; sees the breaker open, and closes it; sees tasks, and cancels them. By keyboard."""
    astr, qq = scenario.astr, scenario.qq
    async with Browser(astr._root) as browser:
        await browser.call("Emulation.setFocusEmulationEnabled", browser.page, enabled=True)
        text = await open_status_page(browser, astr)
        assert scenario.shipped_hash() in text.replace("\n", ""), text
        await astr.configure(gateway_bearer_token="wrong-token-for-the-scenario")
        for _ in range(2):
            await qq.ask(10001, "/助手 你好", "auth_failed")
        text = await browser.until("打开（暂停请求）", "auth_failed", seconds=20)
        assert "wrong-token" not in text
        await press(browser, "#reset button")
        await browser.until("关闭（正常）", "auth_failed", "熔断已复位", seconds=20)
        await astr.configure(gateway_bearer_token=scenario.gateway.token)
        since = await scenario.hold(10001, "/助手 MAGIC_HOLD")
        text = await browser.until("聊天任务 · fakeqq:10001", "运行中", "门前。", seconds=20)
        assert "过去一小时的可用内存" in text and "512 MiB" in text and "350 MiB" in text, text
        lines = await browser.everywhere("document.querySelectorAll('#chart .floor').length")
        assert 2 in lines, lines
        await qq.ask(10001, "/助手 后台 在后面", "编号")
        await browser.until("后台任务", "排队中", "在后面", seconds=20)
        await press(browser, "#tasks li:nth-child(2) button")
        await qq.until("private:10001", since, ("🚫 后台任务", "在后面"))
        await press(browser, "#tasks button")
        await qq.until("private:10001", since, "cancelled")
        await browser.until("已请求取消", "已结束", seconds=20)
    audited = [json.loads(line) for line in scenario.audited()]
    pressed = {line["outcome"] for line in audited if line["who"] == "dashboard:astrbot"}
    assert {"breakers_reset", "task_cancelled"} <= pressed, pressed
    scenario.model.release()
    await qq.ask(10001, "/助手 会话重置", "新的会话")


async def press(browser: Browser, selector: str) -> None:
    """Puts the focus on what the page has there, and presses Enter."""
    script = (
        "(() => { const found = document.querySelector(SELECTOR); if (found) found.focus();"
        " return found !== null && document.activeElement === found; })()"
    )
    focused = await browser.everywhere(script.replace("SELECTOR", json.dumps(selector)))
    assert focused.count(True) == 1, (selector, focused)
    await browser.press("Enter")


async def approve_on_status_page(scenario: Any, name: str, *words: str) -> None:
    """Approves a request with the keyboard, once the page shows it with these words."""
    async with Browser(scenario.astr._root) as browser:
        await browser.call("Emulation.setFocusEmulationEnabled", browser.page, enabled=True)
        await open_status_page(browser, scenario.astr)
        await browser.until("等待确认", name, *words, seconds=20)
        await press(browser, f"[aria-label='同意 {name}']")
        await browser.until("已处理", seconds=20)
