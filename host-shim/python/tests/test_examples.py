"""The examples, as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gateway import Gateway

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.mark.parametrize(
    ("example", "question", "answer", "aside", "typed"),
    [
        ("ask", "What is new?", "What is new?\n", "", ""),
        ("stream", "What is new?", "What is new?\n", "output tokens: ", ""),
        (
            "tools",
            'tool temperature {"city": "北京"}',
            '{"city": "北京", "celsius": 21}\n',
            "calling temperature {'city': '北京'}",
            "",
        ),
        ("approve", 'tool delete {"name": "draft.txt"}', "deleted draft.txt\n", "delete {'name': 'draft.txt'}", "y\n"),
        ("ask", "drop", "", "stream_interrupted", ""),
    ],
)
def test_an_example_answers(gateway: Gateway, example: str, question: str, answer: str, aside: str, typed: str) -> None:
    config = gateway.config
    environment = {
        **os.environ,
        "OPENCLAW_GATEWAY_URL": config["gateway_primary_url"],
        "OPENCLAW_GATEWAY_TOKEN": config["gateway_bearer_token"],
    }
    program = [sys.executable, EXAMPLES / f"{example}.py", question]
    done = subprocess.run(program, env=environment, input=typed, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == (answer, 0 if answer else 1), done.stderr
    assert aside in done.stderr


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {"approve", "ask", "stream", "tools"}
