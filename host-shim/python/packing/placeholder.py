"""The wheel that pip takes where no other fits. It has the lowest priority of all: `py3-none-any`.

Without it pip would say "No matching distribution found", and musl cannot be told from glibc by a requirement's markers.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

from .tools import HERE, workspace_version

SOURCE = HERE / "placeholder" / "__init__.py"

#: Files are dated so: the same input gives the same wheel.
EPOCH = (2026, 1, 1, 0, 0, 0)


def placeholder() -> tuple[str, bytes]:
    """Its file name and its bytes."""
    version = workspace_version()
    info = f"astr_openclaw-{version}.dist-info"
    summary = "Says which package of astr-openclaw to use: no wheel fits this machine"
    files = {
        "astr_openclaw/__init__.py": SOURCE.read_text("utf-8"),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: astr-openclaw\nVersion: {version}\nSummary: {summary}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: build_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text.encode())}\n")
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return f"astr_openclaw-{version}-py3-none-any.whl", content.getvalue()
