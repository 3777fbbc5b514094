#!/bin/sh
# Installs the Python clients that tests/benches/run measures beside ours, and prints the path of their environment.
set -eu
. "$(dirname "$0")/cache.sh"

cached "$(key bench-peers)" bin/python
needs_venv
python3 -m venv "$temporary/v" >&2
pip_locked "$temporary/v/bin/python" bench-peers
publish "$temporary/v"
