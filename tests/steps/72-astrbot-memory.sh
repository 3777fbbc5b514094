#!/bin/sh
# Prints the memory that AstrBot's process gains by the plugin and one task, beside what the same turn
# costs with aiohttp and with the openai SDK: tests/astrbot/memory.py. Exit status 77: skipped.
# needs: astrbot.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/tests/setup/astrbot.sh" >/dev/null
"$root/tests/setup/star-zip.sh" >/dev/null
exec "$root/tests/astrbot/run_memory.sh" --rounds 3
