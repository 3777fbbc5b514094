#!/bin/sh
# Installs the Python clients that tests/benches/run measures beside ours, and prints the path of their environment.
set -eu
. "$(dirname "$0")/cache.sh"

peers="aiohttp==3.13.2 httpx==0.28.1 openai==2.8.1"

cached "bench-peers-$(echo "$peers" | tr -c 'a-z0-9.\n' -)" bin/python
needs_venv
python3 -m venv "$temporary/v" >&2
pip_locked "$temporary/v/bin/python" bench-peers
publish "$temporary/v"
