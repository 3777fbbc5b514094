"""Runs a page's blocks as somebody does who pastes them into a shell."""

from __future__ import annotations

import errno
import os
import pty
import select
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

from page import to_run  # First: it knows where `left` is.

from left import leave  # isort: skip

#: Seconds after which a block hangs. A cold start of the gateway has taken two minutes.
LIMIT = 300

#: What shows the token on stdout, if it succeeds: to be pasted into the plugin's settings.
SHOWS_TOKEN = "host-shim sidecar print-config"

#: Notes which commands fail, and where the shell ends up. A shell goes on after a failure, as a person may not.
BEFORE = """\
trap 'echo "$? $BASH_COMMAND" >>"$WALK/failed"' ERR
trap 'pwd >"$WALK/folder"' EXIT
"""


@dataclass
class Ran:
    """What a block did."""

    text: str
    out: str
    failed: list[str] = field(default_factory=list)

    def succeeds(self) -> Ran:
        """No command of it failed."""
        assert not self.failed, f"{self.failed} in:\n{self.text}\n{self.out}"
        return self

    def fails(self, *commands: str) -> Ran:
        """Exactly these failed: the exit status, a blank and how the command begins."""
        same = len(self.failed) == len(commands) and all(map(str.startswith, self.failed, commands))
        assert same, f"{self.failed}, not {commands} in:\n{self.text}\n{self.out}"
        return self

    def says(self, *words: str) -> Ran:
        """All of these stand in its output."""
        for word in words:
            assert word in self.out, f"no {word!r} in what this says:\n{self.text}\n{self.out}"
        return self


class Walk:
    """The blocks of a page, from the first to the last."""

    def __init__(self, page: str, folder: Path, environment: dict[str, str], notes: Path) -> None:
        self.page = page
        self.folder = folder
        self.environment = {**environment, "WALK": os.fspath(notes)}
        self._notes = notes
        self._left = to_run(page)
        assert self._left, f"{page} has no blocks to run"
        #: What stands in for a placeholder of the page.
        self.fill: dict[str, str] = {}

    def run(self, begins: str) -> Ran:
        """Runs the next block, which must begin so, to its end."""
        return self.also(self._next(begins))

    def also(self, text: str) -> Ran:
        """Runs what the page leaves to its reader."""
        command = self._script(text)
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if text.startswith(SHOWS_TOKEN) else subprocess.STDOUT, text=True, errors="replace",
            timeout=LIMIT,
        )  # fmt: skip
        return self._ran(text, done.stdout, done.returncode, done.stderr or "")

    def on_terminal(self, begins: str, *answers: tuple[str, str]) -> Ran:
        """The same on a terminal, where each question gets its answer."""
        text = self._next(begins)
        command = self._script(text)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        shown, seen, left, end = "", 0, list(answers), time.monotonic() + 60
        while True:
            assert time.monotonic() < end, f"{left} are never asked:\n{text}\n{shown}"
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                piece = os.read(ours, 4096)
            except OSError as error:
                assert error.errno == errno.EIO, error
                break  # Nobody holds the other end any more.
            shown += piece.decode("utf-8", "replace")
            while left and (at := shown.find(left[0][0], seen)) >= 0:
                seen = at + len(left[0][0])
                # What is typed before the echo is off would be thrown away with it.
                while "(not shown" in left[0][0] and termios.tcgetattr(ours)[3] & termios.ECHO:
                    assert time.monotonic() < end, f"{left[0][0]} is shown"
                    time.sleep(0.01)
                os.write(ours, f"{left.pop(0)[1]}\n".encode())
        os.close(ours)
        code = process.wait(LIMIT)
        assert not left, f"{left} were never asked:\n{text}\n{shown}"
        return self._ran(text, shown, code)

    def start(self, begins: str) -> tuple[subprocess.Popen[str], Path]:
        """Starts the next block, which does not end by itself; also the file of its output."""
        command = self._script(self._next(begins))
        log = self._notes / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        return process, log

    def python(self, begins: str, python: Path) -> Ran:
        """Runs the next block with this Python instead of a shell."""
        text = self._next(begins)
        done = subprocess.run(
            [python, "-c", text], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT,
        )  # fmt: skip
        return Ran(text, done.stdout, [f"{done.returncode} {python}"] if done.returncode else [])

    def end(self) -> None:
        """All blocks were run."""
        assert not self._left, f"{self.page}: not run: {self._left}"

    def _next(self, begins: str) -> str:
        assert self._left, f"{self.page} has no block more for {begins!r}"
        block = self._left.pop(0)
        assert block.text.startswith(begins), f"{self.page}: {block.text!r} does not begin with {begins!r}"
        lines = block.text.splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith(tuple(block.but)))
        for placeholder, value in self.fill.items():
            text = text.replace(placeholder, value)
        print(f"     {self.page}: {begins}", file=sys.stderr, flush=True)
        return text

    def _script(self, text: str) -> list[str]:
        (self._notes / "failed").unlink(missing_ok=True)
        script = self._notes / "block.sh"
        script.write_text(BEFORE + text, "utf-8")
        return ["bash", os.fspath(script)]

    def _ran(self, text: str, out: str, code: int, errors: str = "") -> Ran:
        noted, folder = self._notes / "failed", self._notes / "folder"
        if folder.exists():
            self.folder = Path(folder.read_text().strip())
        failed = noted.read_text().splitlines() if noted.exists() else []
        # A chain that breaks in its middle, or a line that bash cannot read, sets off no trap.
        if code and not failed:
            failed.append(f"{code} the block's end")
        place = f"documents/{self.page.replace('/', '-')}"
        leave("documents/print-config" if text.startswith(SHOWS_TOKEN) and not failed else place, out)
        leave(place, errors)
        return Ran(text, (out + errors).replace("\r\n", "\n"), failed)
