"""The status page to eyes and screen readers, in both languages and themes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from approval_rig import Chat
from astr_openclaw import ApprovalRequest, Delta, ToolCall
from scene import Turn, busy, hour
from stage import Stage

pytest_plugins = ["page_fixtures"]
pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Somebody's name, a tool's arguments, a model's output.
HOSTILE = (
    '<img src="http://evil.test/x" onerror="window.owned=1"><script>window.owned=1</script>'
    "</pre><style>*{display:none}</style>&lt;b&gt; ${window.owned=1} {{7*7}} שלום עולם \u202egnp.exe "
)

THEMES = [(locale, theme) for locale in ("zh-CN", "en-US") for theme in ("light", "dark")]


async def tree(stage: Stage) -> list[dict[str, Any]]:
    """What a screen reader gets: role, name and properties of everything that is not ignored."""
    nodes = (await stage.browser.call("Accessibility.getFullAXTree", stage.browser.page))["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            **{each["name"]: each["value"].get("value") for each in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.parametrize(("locale", "theme"), THEMES)
async def test_looks_right(stage: Stage, chat: Chat, locale: str, theme: str) -> None:
    await busy(chat)
    await stage.open(locale, theme)
    zh = locale == "zh-CN"
    text = await stage.run("document.body.innerText")
    words = (
        "任务",
        "等待确认",
        "打开（暂停请求）",
        "熔断复位",
        "过去一小时的可用内存",
        "512 MiB",
        "350 MiB",
        "聊天任务",
        "后台任务 12",
        "每天早上八点把天气发给我",
        "周报",
        "auth_failed",
    )
    english = (
        "Tasks",
        "Waiting for approval",
        "open (requests paused)",
        "Close breakers",
        "Available memory in the last hour",
        "512 MiB",
        "350 MiB",
        "Chat task",
        "Background task 12",
    )
    for word in words if zh else english:
        assert word in text, (word, text)
    assert await stage.run("document.documentElement.lang") == locale.replace("-US", "")
    assert "undefined" not in text and "NaN" not in text and "[object" not in text
    assert await stage.run("looks.faint()") == []
    assert await stage.run("looks.moving()") == 0
    await stage.shot(f"{locale}-{theme}")
    for width in (768, 360, 320):
        await stage.size(width, 900)
        await stage.refreshed()
        assert await stage.run("looks.wide()") == [], width
        assert await stage.run("document.documentElement.scrollWidth <= innerWidth")
    await stage.open(locale, theme, width=360)
    await stage.shot(f"{locale}-{theme}-narrow")


async def test_an_idle_page_says_so(stage: Stage, chat: Chat) -> None:
    hour(chat, [])
    for locale, none in (("zh-CN", "没有正在运行或排队的任务"), ("en-US", "No tasks are running or queued")):
        await stage.open(locale)
        text = await stage.run("document.body.innerText")
        assert none in text and ("还没有读数" in text or "No readings yet" in text)
        assert await stage.run("document.getElementById('waiting').hidden")
        await stage.shot(f"{locale}-idle")


async def test_says_everything_to_a_screen_reader(stage: Stage, chat: Chat) -> None:
    await busy(chat)
    for locale in ("zh-CN", "en-US"):
        await stage.open(locale)
        nodes = await tree(stage)
        for node in nodes:
            if node["role"] in ("button", "link", "textbox", "image", "img", "figure", "region", "group", "heading"):
                assert node["name"].strip(), node
        roles = [node["role"] for node in nodes]
        assert roles.count("banner") == 1 and roles.count("main") == 1 and roles.count("alert") <= 1
        assert [node["level"] for node in nodes if node["role"] == "heading"][:3] == [1, 2, 2]
        levels = [1, *(node["level"] for node in nodes if node["role"] == "heading")]
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
        named = [node["name"] for node in nodes if node["role"] == "button"]
        assert len(set(named)) == len(named) == 6, named
        (chart,) = [node["name"] for node in nodes if node["role"] in ("image", "img")]
        for word in ("788 MiB", "311 MiB", "512 MiB", "350 MiB"):
            assert word in chart, chart
        regions = [node["name"] for node in nodes if node["role"] == "region"]
        assert len(set(regions)) == len(regions) == 7, regions


async def test_text_from_outside_is_text(stage: Stage, chat: Chat) -> None:
    """Report S28 (SECURITY)."""
    turn = Turn(chat, "1", f"qq:{HOSTILE}", f"qq:GroupMessage:{HOSTILE}")
    turn.saw(ToolCall("c", HOSTILE, {}))
    turn.saw(Delta(HOSTILE * 400 + "w" * 20_000 + "\n"))
    turn.ask(chat, ApprovalRequest("r", "admin", (ToolCall("c", "write", {"text": HOSTILE + "w" * 20_000}),), 300.0))
    chat.commands._engine.last_faults.appendleft(
        {"time": 1e9, "code": "gateway_error", "cause": HOSTILE.replace("\u202e", "") * 3, "remedy": "w" * 3000}
    )
    chat.commands._engine.component_problem = HOSTILE.replace("\u202e", "")
    await stage.open(width=360)
    assert await stage.run("window.owned") is None
    shown = 'document.body.textContent.split(`<img src="http://evil.test/x"`).length - 1'
    assert await stage.run(shown) >= 6
    assert await stage.run("document.querySelectorAll('main img, main script, main style').length") == 0
    assert await stage.run("looks.wide()") == [] and await stage.run("looks.faint()") == []
    assert "\u202e" not in await stage.run("document.body.textContent")
    # Names in another writing direction stay by themselves.
    assert await stage.run("[...document.querySelectorAll('h3 bdi, #approvals bdi')].length >= 2")
    assert all(
        path.startswith(
            ("/api/", "/index.html", "/app.js", "/dom.js", "/chart.js", "/texts.js", "/style.css", "/favicon.ico")
        )
        for path in stage.asked
    ), stage.asked
    assert len(json.dumps(await stage.dashboard.state())) < 60_000
    await stage.shot("hostile")


async def test_the_chart_shows_what_was_read(stage: Stage, chat: Chat) -> None:
    lines = "['heavy', 'read-only'].map((name) => +document.querySelector(`#chart .floor.${name}`).getAttribute('y1'))"
    shapes = "['polyline', 'circle'].map((name) => document.querySelectorAll(`#chart ${name}`).length)"
    text = "document.getElementById('chart-text').textContent"
    hour(chat, [(3000, 700), (2940, 600), (2000, 65_536), (1000, None), (940, 0), (880, 40_000), (30, 400)])
    await stage.open()
    assert await stage.run(shapes) == [2, 2]
    told = await stage.run(text)
    assert (
        "Now 400 MiB" in told
        and "lowest 0 MiB" in told
        and "highest 65536 MiB" in told
        and "unreadable at times" in told
    )
    heavy, read_only = await stage.run(lines)
    assert read_only - heavy > 6 and 0 < heavy < read_only < 150
    edges = await stage.run(
        "[...document.querySelectorAll('#chart text')].map((each) => { const box = each.getBBox(); return [box.x, box.y, box.x + box.width, box.y + box.height]; })"
    )
    for one, other in itertools.combinations(edges, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 3 or other[3] <= one[1] + 3, (
            one,
            other,
        )
    # Tighter floors are drawn where they are, and newer readings too.
    chat.commands._settings.module.update(heavy_floor_mib=4096, read_only_floor_mib=2048)
    hour(chat, [(ago, 3000) for ago in range(600, 0, -60)])
    await stage.refreshed()
    assert await stage.run(shapes) == [1, 0] and "Now 3000 MiB" in await stage.run(text)
    heavy, read_only = await stage.run(lines)
    (y,) = {
        point.split(",")[1]
        for point in (await stage.run("document.querySelector('polyline').getAttribute('points')")).split()
    }
    assert heavy < float(y) < read_only
    legend = await stage.run("document.getElementById('chart-lines').textContent")
    assert "4096 MiB" in legend and "2048 MiB" in legend and "512" not in legend


async def test_the_language_and_theme_follow_the_dashboard(stage: Stage, chat: Chat) -> None:
    await busy(chat)
    await stage.open("en-US", "light")
    assert await stage.run("Object.keys(TEXTS.zh).sort().join() === Object.keys(TEXTS.en).sort().join()")
    await stage.run("document.querySelector('#reset button').focus(); setContext({ isDark: true })")
    assert (
        await stage.run("document.documentElement.dataset.theme === 'dark' && document.activeElement.textContent")
        == "Close breakers"
    )
    await stage.run("setContext({ locale: 'zh-CN' })")
    text = await stage.run("document.body.innerText")
    assert "聊天任务" in text and "等待确认" in text and "熔断复位" in text
    for word in ("Chat task", "Approve", "Close", "Heavy", "Tasks", "Available memory", "gateway's own tools"):
        assert word not in text, word
