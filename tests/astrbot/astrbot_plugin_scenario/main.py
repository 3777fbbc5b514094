"""A plugin with one LLM tool, for the scenario: AstrBot's own tools are not known beforehand."""

from astrbot.api.event import AstrMessageEvent, filter
from astrbot.api.star import Star


class Scenario(Star):
    """Brings the tool `scenario_time`."""

    @filter.llm_tool(name="scenario_time")
    async def scenario_time(self, event: AstrMessageEvent) -> str:
        """Tells the time of the scenario."""
        return "42 o'clock"
