"""Small files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Puts the content there. Raises OSError, and then what was there still is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that the rename is atomic: a crash leaves the old file or the new.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def put_aside(path: Path) -> Path:
    """Renames a file that cannot be read, so that it can be looked at and is not met again."""
    aside = path.with_suffix(".broken")
    with suppress(OSError):
        os.replace(path, aside)
    return aside
