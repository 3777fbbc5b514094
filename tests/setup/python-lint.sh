#!/bin/sh
# Installs ruff and mypy, and prints the path of their environment.
set -eu
. "$(dirname "$0")/cache.sh"

tools="ruff==0.17.6 mypy==1.20.2 packaging==26.0"

cached "python-lint-$(echo "$tools" | tr -c 'a-z0-9.\n' -)" bin/ruff
needs_venv
python3 -m venv "$temporary/v" >&2
pip_locked "$temporary/v/bin/python" python-lint
publish "$temporary/v"
