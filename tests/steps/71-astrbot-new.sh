#!/bin/sh
# The same in the newest AstrBot that is tested, in a Debian root, with the gateway 2026.9.6:
# chat model with tools, the status page in Chromium, /stop. Exit status 77: skipped.
# needs: astrbot.sh
# needs: openclaw.sh 2026.9.6
# needs: astrbot-root.sh
exec "$(dirname "$0")/70-astrbot.sh" --new
