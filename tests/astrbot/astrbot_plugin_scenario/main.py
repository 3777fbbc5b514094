"""A plugin with a few LLM tools and a command, for the scenario: AstrBot's own are not known
beforehand."""

from astrbot.api.event import AstrMessageEvent, filter  # noqa: A004 AstrBot's own name for it.
from astrbot.api.star import Star


class Scenario(Star):
    """Brings the tools `scenario_time`, `scenario_say` and `scenario_ask`, and the command
    `/scenario_summary`."""

    @filter.llm_tool(name="scenario_time")
    async def scenario_time(self, event: AstrMessageEvent, n: float = 0) -> str:
        """Tells the time of the scenario.

        Args:
            n(number): Which call it is.
        """
        return "42 o'clock"

    @filter.llm_tool(name="scenario_say")
    async def scenario_say(self, event: AstrMessageEvent):
        """Answers the user itself, which ends AstrBot's agent loop."""
        yield event.plain_result("工具直接回复")

    @filter.llm_tool(name="scenario_ask")
    async def scenario_ask(self, event: AstrMessageEvent) -> str:
        """Asks the model in its turn, as AstrBot's sub-agents do."""
        answer = await self.context.get_provider_by_id("openclaw").text_chat("内层的问题")
        return f"内层：{answer.completion_text}"

    @filter.command("scenario_summary")
    async def summary(self, event: AstrMessageEvent):
        """Asks the chat model without a session, as AstrBot's compression of contexts does."""
        secret = event.message_str.split()[-1]
        contexts = [
            {"role": "user", "content": f"我的秘密是 {secret}"},
            {"role": "assistant", "content": "知道了"},
            {"role": "user", "content": "MAGIC_LAST 总结"},
        ]
        model = self.context.get_provider_by_id("openclaw")
        answer = await model.text_chat(contexts=contexts)
        yield event.plain_result(f"总结完毕：{answer.completion_text}")
