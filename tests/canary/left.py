"""What the Python tests leave for `scan.py`. Without `tests/run` nobody looks, and nothing is kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

#: The token of every test that needs one.
TOKEN = (Path(__file__).resolve().parent / "token").read_text().strip()
#: Larger files are programs.
MOST = 64 << 20


def leave(name: str, what: Path | str) -> None:
    """Keeps a text, or a copy of a file or folder, as NAME."""
    if not (results := os.environ.get("OPENCLAW_TESTS_RESULTS")):
        return
    place = Path(results, "left", name)
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, str):
        with place.open("a", encoding="utf-8", errors="surrogatepass") as file:
            file.write(what + "\n")
        return
    for path in [what] if what.is_file() else sorted(what.rglob("*")):
        # Whoever writes there may still run, and remove what it does not need.
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST:
                to = place / path.relative_to(what) if path != what else place
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)


def look_for(token: str) -> None:
    """A token that was made at random, to be looked for as well."""
    if results := os.environ.get("OPENCLAW_TESTS_RESULTS"):
        folder = Path(results, "tokens")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}").open("a").write(token + "\n")
