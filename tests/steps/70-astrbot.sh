#!/bin/sh
# The plugin in a real AstrBot 4.14, with a QQ client and the real gateway 2026.2.9: see
# tests/astrbot/scenario.py. Exit status 77: skipped.
# needs: astrbot.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/astrbot
zip=$out/astrbot_plugin_openclaw.zip
[ -f "$zip" ] || "$root/host-shim/python/build_wheel" --out "$out"
# The driver needs aiohttp, which AstrBot's environment has.
astrbot=$("$root/tests/setup/astrbot.sh")
exec "$astrbot/bin/python" "$root/tests/astrbot/scenario.py" --zip "$zip" "$@"
