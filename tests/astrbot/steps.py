"""Steps of a scenario, each printed as it ends. One that fails does not stop the others."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable


class Steps:
    """Runs steps and counts."""

    def __init__(self, title: str) -> None:
        self._title = title
        self.passed = self.failed = self.skipped = 0

    async def run(self, name: str, step: Callable[[], Awaitable[None]], seconds: float = 240) -> bool:
        """One step; whether it passed."""
        started = time.monotonic()
        try:
            await asyncio.wait_for(step(), seconds)
        except Exception as error:
            self.failed += 1
            print(f"FAIL {self._title}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
            what = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
            print("     " + what.replace("\n", "\n     "), flush=True)
            return False
        self.passed += 1
        print(f"ok   {self._title}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
        return True

    def skip(self, name: str, why: str) -> None:
        """A step that cannot be made here."""
        self.skipped += 1
        print(f"skip {self._title}: {name} — {why}", flush=True)

    def summary(self) -> int:
        """Prints the last line; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0
