"""Packs a folder as a zip, for `cargo xtask archive`: python3 -m packing.folder FOLDER FILE.zip

The same files give the same zip. Programs keep the right to be run.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from .placeholder import EPOCH


def pack(folder: Path, place: Path) -> None:
    """All files of a folder, below its name."""
    temporary = place.with_suffix(".part")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", EPOCH)
            info.external_attr = (path.stat().st_mode & 0o777) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    temporary.replace(place)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
