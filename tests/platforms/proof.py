"""What the proofs on other platforms share: a program that is watched while it runs, and counting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "host-shim/python/tests"), str(ROOT / "tests/canary")]

from gateway import Gateway  # noqa: E402
from left import leave  # noqa: E402

#: Seconds after which a program hangs: an emulator is slow, and the machine may be busy.
LIMIT = 180


class Program:
    """A program and what it has written so far. `env` is added to this process's."""

    def __init__(self, command: list[str], env: dict[str, str] | None = None) -> None:
        self.started = time.monotonic()
        self.out = b""
        self.err = b""
        self.code: int | None = None
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in ("out", "err")]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str) -> None:
        pipe = self._process.stdout if name == "out" else self._process.stderr
        assert pipe is not None
        while piece := os.read(pipe.fileno(), 1 << 16):
            with self._news:
                setattr(self, name, getattr(self, name) + piece)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def type(self, text: bytes, *, last: bool = False) -> None:
        """Writes to its input; `last` ends the input."""
        assert self._process.stdin is not None
        if text:
            self._process.stdin.write(text)
        if last:
            self._process.stdin.close()

    def wrote(self, what: bytes, since: int = 0) -> int:
        """Waits until it has written this to its output, at or after that place; where it ends."""
        until = time.monotonic() + LIMIT
        with self._news:
            while (at := self.out.find(what, since)) < 0:
                left = until - time.monotonic()
                ended = self._process.poll() is not None and not self._readers[0].is_alive()
                if ended or left < 0:
                    self._process.kill()
                    why = f"ended with {self._process.poll()}" if ended else f"did not in {LIMIT} s"
                    raise AssertionError(f"waited for {what!r}, it {why}:\n{self._said()}")
                self._news.wait(min(left, 0.2))
        return at + len(what)

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def end(self) -> int:
        """Ends its input and waits for its end; the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self.code = self._process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"it did not end in {LIMIT} s:\n{self._said()}") from None
        for reader in self._readers:
            reader.join(10)
        return self.code

    def _said(self) -> str:
        return f"{self.out.decode(errors='replace')}\n{self.err.decode(errors='replace')}"


class Proofs:
    """Runs what is to be shown, and counts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.passed = self.failed = self.skipped = 0

    def show(self, what: str, how: Callable[[], object]) -> None:
        """Runs it and prints what it returns, if anything."""
        started = time.monotonic()
        try:
            told = how()
        except Exception:
            self.failed += 1
            print(f"FAILED {self.name}: {what}\n{traceback.format_exc()}", flush=True)
            return
        self.passed += 1
        more = f": {told}" if told else ""
        print(f"ok {self.name}: {what} ({time.monotonic() - started:.1f} s){more}", flush=True)

    def skip(self, what: str, why: str) -> None:
        """It cannot be had here."""
        self.skipped += 1
        print(f"skipped {self.name}: {what}: {why}", flush=True)

    def summary(self) -> int:
        """Prints the counts; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0


@contextmanager
def gateway_for(name: str) -> Iterator[Gateway]:
    """The fake gateway of the Python module's tests."""
    with Gateway() as gateway:
        yield gateway
    leave(f"{name}/requests", repr(gateway.requests))


def address(gateway: Gateway) -> dict[str, str]:
    """The environment of a program that is to use it."""
    return {"OPENCLAW_GATEWAY_URL": gateway.url, "OPENCLAW_GATEWAY_TOKEN": gateway.token}


def streamed_turn(command: list[str], name: str) -> str:
    """Asks by the command, with the text behind it. It prints the answer as it comes, or the events, a JSON object each. The gateway sends a character of the answer only after the one
    before was seen here. Each is printed as it comes."""
    text = "一字一字地 come"
    with gateway_for(name) as gateway:
        program = Program([*command, f"slow {text}"], address(gateway))
        seen = 0
        for number, character in enumerate(text):
            gateway.more.release()
            seen = program.wrote(character.encode(), seen)
            told = f"delta {number + 1}: {character!r} after {time.monotonic() - program.started:.3f} s"
            print(f"  {name}: {told}", flush=True)
            assert program.running(), "it ended before the answer"
        code = program.end()
        assert code == 0 and whole_answer(program.out) == text, (code, program.out, program.err)
        assert gateway.texts() == [f"slow {text}"]
    return f"{len(text)} deltas, each sent after the one before was printed"


def whole_answer(out: bytes) -> str:
    """The answer that a program has printed, as it is or as the last event."""
    text = out.decode().strip()
    return str(json.loads(text.splitlines()[-1])["text"]) if text.startswith("{") else text
