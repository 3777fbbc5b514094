#!/bin/sh
# Installs ruff and mypy, and prints the path of their environment.
set -eu
. "$(dirname "$0")/cache.sh"

cached "$(key python-lint)" bin/ruff
needs_venv
python3 -m venv "$temporary/v" >&2
pip_locked "$temporary/v/bin/python" python-lint
publish "$temporary/v"
