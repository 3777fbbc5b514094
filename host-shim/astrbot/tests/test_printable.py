"""What of a model's text reaches the chat: report P16 (attack)."""

from __future__ import annotations

import pytest
from openclaw.masking import TokenStream
from openclaw.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\0b\x07c\x7fd\x08e", "abcde"),
        ("a\x1bb", "ab"),
        ("\x1b[31mred\x1b[0m \x9b1mbold", "red bold"),
        ("\x1b]8;;http://x.example\x07link\x1b]8;;\x1b\\ \x1b]0;title\x07", "link "),
        ("\x1b[", "["),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066a\u2069\u200e\u200f\u061c\u206a", "a"),
        ("a\u200bb\ufeffc\u2060d\u00ade\u3164", "abcde"),
        ("x\U000e0041\U000e0042y", "xy"),
        ("\ufff9a\ufffb\uffff\ufdd0", "a"),
        ("a\r\nb\rc\u2028d\x85e\x0bf", "a\nb\nc\nd\ne\nf"),
        ("half \ud83d", "half \ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
    ],
)
def test_what_cannot_be_seen_is_not_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "tab\tand\nnew line",
        "世界 🌏",
        "👨‍👩‍👧 ❤️ 🏳️‍🌈",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می‌خواهم",
        "שלום",
        "é e\u0301",
        "〜①㍿",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_sequence_that_comes_in_pieces_is_not_shown_either(cut: int) -> None:
    text = "a\x1b[31mred\x1b[0m \x1b]0;title\x07b\u202ec\x1b"
    stream = TokenStream(("my-gateway-token",))
    pieces = [stream.feed(text[at : at + cut]) for at in range(0, len(text), cut)]
    assert "".join(pieces) + stream.rest() == "ared bc"
