#!/bin/sh
# Installs ruff and mypy into the cache, once, and prints the path of their environment.
# Exit status 77: this machine cannot have them; the last line on stderr says why.
set -eu

tools="ruff==0.17.6 mypy==1.20.2 packaging==26.0"

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
place=$cache/python-lint-$(echo "$tools" | tr -c 'a-z0-9.\n' -)
if [ -x "$place/bin/ruff" ]; then
    echo "$place"
    exit 0
fi
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
    echo "python-lint.sh: Python 3.10 or later with venv is needed (Debian: apt-get install python3-venv)" >&2
    exit 77
}

mkdir -p "$cache"
# Next to its place, so that the rename at the end is atomic: either all of it is there or none.
temporary=$(mktemp -d "$cache/.python-lint.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
python3 -m venv "$temporary/v" >&2
# shellcheck disable=SC2086 # The tools are words.
"$temporary/v/bin/python" -m pip install --quiet --disable-pip-version-check $tools >&2
# Another run may have been faster: then its copy stays.
if ! mv -T "$temporary/v" "$place" 2>/dev/null && [ ! -x "$place/bin/ruff" ]; then
    echo "python-lint.sh: cannot move $temporary/v to $place; remove what is there and run again" >&2
    exit 1
fi
echo "$place"
