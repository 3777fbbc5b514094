#!/usr/bin/env bash
# Every command of every page as written, on a server that tests/documents/inside.sh makes up: the release archive and
# the wheel, a stand-in Docker engine, the real gateway 2026.2.9 without Docker, the released component in wasmtime.
# needs: openclaw.sh 2026.2.9
# needs: wasmtime.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

[[ $(uname -sm) == "Linux x86_64" ]] || { echo "skipped: the archive and the wheel are for Linux on x86_64" >&2; exit 77; }
tests/documents/inside.sh true 2>/dev/null || { echo "skipped: no mount and network namespaces here (root is needed)" >&2; exit 77; }
python=
for candidate in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue
    python=$candidate
    break
done
[[ -n $python ]] || { echo "skipped: no Python 3.10 or later with venv on the PATH" >&2; exit 77; }

OPENCLAW_INSTALLED=$(tests/setup/openclaw.sh 2026.2.9)
OPENCLAW_WASMTIME=$(tests/setup/wasmtime.sh)
zip=$(tests/setup/star-zip.sh)
OPENCLAW_WHEEL=$(ls "$(dirname "$zip")"/astr_openclaw-*.whl)
OPENCLAW_RELEASED=$(realpath "${CARGO_TARGET_DIR:-target}")/dist
cargo xtask dist --out "$OPENCLAW_RELEASED" >/dev/null
cargo xtask archive --out "$OPENCLAW_RELEASED"
OPENCLAW_ARCHIVE=$(ls "$OPENCLAW_RELEASED"/host-shim-*.tar.gz)
export OPENCLAW_INSTALLED OPENCLAW_WASMTIME OPENCLAW_WHEEL OPENCLAW_RELEASED OPENCLAW_ARCHIVE
exec tests/documents/inside.sh "$python" tests/documents/pages.py
