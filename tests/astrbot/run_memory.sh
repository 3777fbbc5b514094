#!/bin/sh
# The memory benchmark with a Python that has astr_openclaw, aiohttp and openai: AstrBot's own
# environment (which has the last two) and the wheel. Builds nothing: host-shim/python/build_wheel does.
#
# Usage: tests/astrbot/run_memory.sh [--rounds N]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/astrbot
wheel=$(ls "$out"/astr_openclaw-*.whl 2>/dev/null | head -n 1 || true)
[ -n "$wheel" ] || {
    echo "run_memory.sh: no wheel in $out; run host-shim/python/build_wheel first" >&2
    exit 1
}
astrbot=$("$root/tests/setup/astrbot.sh")
work=$(mktemp -d "${TMPDIR:-/tmp}/astr-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Beside AstrBot's packages, which stay as they are.
"$astrbot/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --target "$work" "$wheel"
PYTHONPATH=$work "$astrbot/bin/python" "$root/tests/astrbot/memory.py" --zip "$out/astrbot_plugin_openclaw.zip" "$@"
