#!/usr/bin/env python3
"""Looks for the tests' gateway token in all that the tests printed and left.

    tests/canary/scan.py FOLDER     what a run left: see `tests/run`
    tests/canary/scan.py --check    only shows that each way of writing the token is found

Every test that needs a token uses the one in `token` beside this file. FOLDER holds the output of the steps, the results
of pytest, and `left/STEP`, where steps and tests put logs, transcripts, dumps, snapshots and data folders. Tokens that a
step had made at random are lines of the files in FOLDER/tokens.

A token is found in clear, in base64 (any alignment, both alphabets), in hex, as the escapes of URLs, JSON, Python, C and
HTML, as a list of numbers, in UTF-16, and with colours in it; also where only a third of it stands. `allowed.tsv` lists
where it belongs.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import gzip
import random
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOKEN = (HERE / "token").read_text().strip()
#: A file is read in pieces of this size, which overlap by more than a written token takes.
PIECE, OVERLAP = 16 << 20, 4096


def parts(token: str) -> list[str]:
    """Its thirds, or halves of a short one: wherever a token is cut, one of them stands whole, or little of it."""
    count = 3 if len(token) >= 27 else 2
    return [token[len(token) * at // count : len(token) * (at + 1) // count] for at in range(count)]


def in_base64(part: str) -> Iterator[bytes]:
    """The characters of base64 that stand for nothing but this part, at each place in a group of three."""
    for before in range(3):
        bits = base64.b64encode(b"\0" * before + part.encode())
        whole = bits[-(-8 * before // 6) : (before + len(part)) * 8 // 6]
        yield re.escape(whole).replace(rb"\+", rb"[+\-]").replace(b"/", b"[/_]")


#: One escaped character: JSON, Rust and Python; octal; a backslash before any other; URL; HTML.
ESCAPED = re.compile(
    rb"\\+(?:u\{?0{0,4}([0-9a-fA-F]{2})\}?|x([0-9a-fA-F]{2})|([0-7]{3})|([!-~]))"
    rb"|%([0-9a-fA-F]{2})|&#[xX]0*([0-9a-fA-F]{2});|&#0*([0-9]{2,3});"
)


#: What sets a terminal's colours.
COLOURS = re.compile(rb"\x1b\[[0-9;:]*m")


def unescaped(data: bytes) -> bytes:
    """The same with each escaped ASCII character as it is."""

    def one(match: re.Match[bytes]) -> bytes:
        json, c, octal, plain, url, html, decimal = match.groups()
        if plain:
            return plain
        code = int(decimal) if decimal else int(octal, 8) if octal else int(json or c or url or html, 16)
        return bytes([code]) if code < 128 else match.group()

    return ESCAPED.sub(one, data)


class Search:
    """All forms of these tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._parts = [part for token in tokens for part in parts(token)]
        self._base64 = re.compile(b"|".join(form for part in self._parts for form in in_base64(part)))
        lists = (rb",?\s*".join(str(ord(c)).encode() for c in part) for part in self._parts)
        self._numbers = re.compile(b"|".join(lists))

    def find(self, data: bytes) -> Iterator[str]:
        """The forms in which a token stands there."""
        for depth in range(3):
            data = COLOURS.sub(b"", data)
            yield from (f"{form}, escaped {depth} times" if depth else form for form in self._find(data))
            deeper = unescaped(data)
            if deeper == data:
                break
            data = deeper

    def _find(self, data: bytes) -> Iterator[str]:
        lower = data.lower()
        squeezed = lower.translate(None, b" \t\r\n:,").replace(b"0x", b"")
        wide = lower.replace(b"\0", b"") if b"\0" in lower else b""
        for part in self._parts:
            clear = part.lower().encode()
            if clear in lower:
                yield "in clear"
            elif clear in wide:
                yield "in UTF-16"
            if part.encode().hex().encode() in squeezed:
                yield "in hex"
        if self._base64.search(data):
            yield "in base64"
        if self._numbers.search(data):
            yield "as numbers"

    def in_file(self, path: Path) -> list[str]:
        """The same of a file, and of what it unpacks to."""
        found: dict[str, None] = {}
        with path.open("rb") as file:
            rest = b""
            while piece := file.read(PIECE):
                data = rest + piece
                found.update(dict.fromkeys(self.find(data)))
                rest = data[-OVERLAP:]
        if path.suffix == ".gz":
            with contextlib.suppress(OSError, EOFError, zlib.error):
                found.update(dict.fromkeys(self.find(gzip.decompress(path.read_bytes()))))
        return list(found)


def allowed() -> list[tuple[str, str]]:
    """Patterns of paths below the folder, and why the token is there."""
    lines = (HERE / "allowed.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    if wrong := [row for row in rows if len(row) != 2]:
        sys.exit(f"allowed.tsv: not PATH, reason between tabs: {wrong[0]}")
    return [(path, why) for path, why in rows]


def matches(name: str, pattern: str) -> bool:
    """Whether a path is of this pattern, in which `*` is within one part."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))


def planted(token: str) -> Iterator[tuple[str, bytes]]:
    """A token as each kind of output might hold it."""
    for part in (token, *parts(token)):
        clear = part.encode()
        yield "clear", clear
        yield "other case", part.swapcase().encode()
        yield "Debug", repr(part).encode()
        for before in range(3):
            text = b"x" * before + clear + b"yz"
            yield "base64", base64.b64encode(text)
            yield "base64 of URLs", base64.urlsafe_b64encode(text).rstrip(b"=")
        yield "hex", clear.hex().encode()
        yield "hex dump", clear.hex(" ").upper().encode()
        yield "C", "".join(f"\\x{byte:02x}" for byte in clear).encode()
        yield "octal", "".join(f"\\{byte:03o}" for byte in clear).encode()
        yield "URL", "".join(f"%{byte:02X}" for byte in clear).encode()
        yield "URL twice", "".join(f"%25{byte:02x}" for byte in clear).encode()
        yield "JSON", "".join(f"\\u{byte:04x}" for byte in clear).encode()
        yield "JSON in JSON", "".join(f"\\\\u{byte:04X}" for byte in clear).encode()
        yield "JSON, every other one", "".join(f"\\u{b:04x}" if i % 2 else chr(b) for i, b in enumerate(clear)).encode()
        yield "Rust", "".join(f"\\u{{{byte:x}}}" for byte in clear).encode()
        yield "HTML", "".join(f"&#{byte};" for byte in clear).encode()
        yield "XML", "".join(f"&#x{byte:X};" for byte in clear).encode()
        yield "bytes", str(list(clear)).encode()
        yield "colours", b"\x1b[1;31m" + b"\x1b[0m\x1b[32m".join(bytes([byte]) for byte in clear)
        yield "colours in JSON", "\\u001b[1m".join(part).encode()
        yield "UTF-16", part.encode("utf-16-le")
        yield "packed", gzip.compress(b"a line\n" + clear)


def check() -> str:
    """Plants the token in each form, at the seams of pieces too, and looks whether all are found, and nothing else."""
    search, noise, count = Search([TOKEN]), random.Random(7), 0
    with tempfile.TemporaryDirectory() as folder:
        for form, written in planted(TOKEN):
            suffix = ".gz" if form == "packed" else ".log"
            path = Path(folder, f"planted{suffix}")
            around = b"" if form == "packed" else bytes(noise.choices(b" .\nabcdef0123456789", k=100))
            path.write_bytes(around + written + around)
            if not search.in_file(path):
                sys.exit(f"canary: a token in {form} is not found: {written!r}")
            count += 1
        path = Path(folder, "long")
        with path.open("wb") as file:
            file.seek(PIECE - 10)
            file.write(TOKEN.encode())
        if not search.in_file(path):
            sys.exit("canary: a token at the seam of two pieces is not found")
        path.write_bytes(bytes(noise.choices(range(256), k=1 << 20)) + b"oc-Vq3 and sJ4, " + TOKEN[5:-5].encode()[:12])
        if found := search.in_file(path):
            sys.exit(f"canary: found where there is none: {found}")
    return f"canary: {count + 1} planted tokens of {len({form for form, _ in planted(TOKEN)})} forms are found"


def scan(folder: Path) -> int:
    """Prints where the tokens stand and should not; the exit status."""
    tokens = {TOKEN}
    for path in (folder / "tokens").glob("*"):
        tokens.update(line for line in path.read_text().split() if len(line) >= 16)
    search, known = Search(sorted(tokens)), allowed()
    files = size = expected = 0
    used: set[str] = set()
    wrong: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not path.is_file() or name.startswith("tokens/"):
            continue
        files, size = files + 1, size + path.stat().st_size
        found = search.in_file(path)
        if found and (rows := {pattern for pattern, _ in known if matches(name, pattern)}):
            expected += 1
            used |= rows
        else:
            wrong += [f"error: {name}: a token {form}" for form in found]
    if unused := [pattern for pattern, _ in known if pattern not in used]:
        # Steps may have been left out.
        print(f"canary: nothing in {', '.join(unused)}")
    print("\n".join(wrong[:40]), end="\n" if wrong else "")
    print(
        f"canary: {files} files, {size / 1e6:.1f} MB, {len(tokens)} tokens; in {expected} files where it belongs, "
        f"{len(wrong)} times elsewhere"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    print(check())
    if sys.argv[1:] != ["--check"]:
        sys.exit(scan(Path(sys.argv[1])))
