#!/bin/sh
# Prints the memory that AstrBot's process gains by the plugin and one task, beside what the same turn
# costs with aiohttp and with the openai SDK: tests/astrbot/memory.py. Exit status 77: skipped.
# needs: astrbot.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/astrbot
"$root/tests/setup/astrbot.sh" >/dev/null
[ -f "$out/astrbot_plugin_openclaw.zip" ] || "$root/host-shim/python/build_wheel" --out "$out"
exec "$root/tests/astrbot/run_memory.sh" --rounds 3
