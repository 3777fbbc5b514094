#!/bin/sh
# The plugin in a real AstrBot 4.14, with a QQ client and the real gateway 2026.2.9: see
# tests/astrbot/scenario.py. Exit status 77: skipped.
# needs: astrbot.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
zip=$("$root/tests/setup/star-zip.sh")
# The driver needs aiohttp, which AstrBot's environment has.
astrbot=$("$root/tests/setup/astrbot.sh")
exec "$astrbot/bin/python" "$root/tests/astrbot/scenario.py" --zip "$zip" "$@"
