#!/bin/sh
# Prints the memory that AstrBot's process gains by the plugin and one task: tests/astrbot/memory.py. Exit
# status 77: skipped.
# needs: astrbot.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
zip=$("$root/tests/setup/star-zip.sh")
# The driver needs aiohttp, which AstrBot's environment has.
astrbot=$("$root/tests/setup/astrbot.sh")
exec "$astrbot/bin/python" "$root/tests/astrbot/memory.py" --zip "$zip"
