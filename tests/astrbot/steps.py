"""Steps of a scenario, each printed as it ends. One that fails does not stop the others."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable


class Steps:
    """Runs steps and counts."""

    def __init__(self, title: str, only: str | None = None) -> None:
        self._title = title
        self._only = only
        self.recover: Callable[[], Awaitable[None]] | None = None
        """Called after a step that failed, so that the next one finds things as they should be."""
        self.log: Callable[[], str] | None = None
        """All that was logged so far. What a failed step has added is printed, its end only."""
        self.passed = self.failed = self.skipped = 0

    async def run(
        self, name: str, step: Callable[[], Awaitable[None]], seconds: float = 240, *, always: bool = False
    ) -> bool:
        """One step; whether it passed. `always`: also if only others are wanted."""
        if self._only is not None and self._only not in name and not always:
            return True
        started = time.monotonic()
        logged = len(self._logged())
        try:
            await asyncio.wait_for(step(), seconds)
        except Exception as error:
            self.failed += 1
            print(f"FAIL {self._title}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
            what = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
            print("     " + what.replace("\n", "\n     "), flush=True)
            for line in self._logged()[logged:].splitlines()[-60:]:
                print("     | " + line[:300], flush=True)
            if self.recover is not None:
                try:
                    await asyncio.wait_for(self.recover(), seconds)
                except Exception as second:
                    print(f"     and it cannot be set right: {second!r}", flush=True)
            return False
        self.passed += 1
        print(f"ok   {self._title}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
        return True

    def _logged(self) -> str:
        return self.log() if self.log is not None else ""

    def skip(self, name: str, why: str) -> None:
        """A step that cannot be made here."""
        self.skipped += 1
        print(f"skip {self._title}: {name} — {why}", flush=True)

    def summary(self) -> int:
        """Prints the last line; the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0
