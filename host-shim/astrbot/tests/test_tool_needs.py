"""The level and the approval that a tool needs, by the settings."""

from __future__ import annotations

from openclaw.settings import Settings
from openclaw.tool_needs import needs


def test_a_tool_in_two_lists_needs_the_higher_level() -> None:
    settings = Settings.read({"tool_levels": {"L3": ["shell"], "L1": ["shell", "time"]}})
    assert settings.tool_levels == {"shell": "L3", "time": "L1"}


def test_a_tools_name_beats_its_level_and_the_strictest_list_wins() -> None:
    def approval(level: str, *names: str, **config: object) -> str:
        settings = Settings.read({"tool_levels": {level: [names[0]]}, **config})
        assert settings.problems == []
        return needs(names, settings).approval

    assert [approval(level, "x") for level in ("L0", "L1", "L2", "L3", "L4")] == ["none"] * 3 + ["admin"] * 2
    assert approval("L3", "x", level_approvals={"L3": "asker"}) == "asker"
    assert approval("L4", "x", level_approvals={"L3": "none", "L4": ""}) == "admin"
    assert approval("L4", "x", tool_approvals={"none": ["x"]}) == "none"
    assert approval("L1", "x", tool_approvals={"none": ["x"], "admin": ["x"], "asker": ["x"]}) == "admin"
    assert approval("L1", "x", "other", tool_approvals={"none": ["x"], "asker": ["other"]}) == "asker"
