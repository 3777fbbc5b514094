"""A page's blocks, and what tests/documents/blocks.tsv says of them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/canary"))
TABLE = Path(__file__).resolve().parent / "blocks.tsv"


@dataclass
class Block:
    """A fenced block that is run here."""

    text: str
    #: How lines of it begin that another test shows.
    but: list[str]


def fenced(page: str) -> list[str]:
    """The text of every fenced block, without the indentation of the list it stands in."""
    found = []
    for match in re.finditer(r"^( *)```[^\n]*\n(.*?)^ *```$", (ROOT / page).read_text("utf-8"), re.M | re.S):
        indent, text = match.groups()
        found.append("".join(line.removeprefix(indent) for line in text.splitlines(keepends=True)))
    return found


def to_run(page: str) -> list[Block]:
    """The blocks of a page that are run here, in order. That the table fits the page, tests/tests/tree checks."""
    rows = [line.split("\t", 3) for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    texts = iter(fenced(page))
    blocks: list[tuple[str, Block]] = []
    for of, how, _, begins in rows:
        # A page in another language has the same commands.
        if of != page.replace(".en.md", ".md"):
            continue
        if how == "line":
            blocks[-1][1].but.append(begins)
        else:
            blocks.append((how, Block(next(texts), [])))
    return [block for how, block in blocks if how == "here"]
