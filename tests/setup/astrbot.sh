#!/bin/sh
# Installs AstrBot (the older line, for Python 3.10 to 3.12) into a virtual environment outside the
# clone, and prints the environment's path. Run it by `PATH/bin/python`; the scripts in bin/ have
# the path of the temporary folder in their first line.
#
# Usage: tests/setup/astrbot.sh       (about 4 minutes and 790 MB the first time, then at once)
# Cache: ${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}/astrbot-VERSION
# Exit status 77: it cannot be had on this machine; the last line on stderr says why.
set -eu

version=4.14.6
cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
place=$cache/astrbot-$version

if [ -x "$place/bin/python" ]; then
    echo "$place"
    exit 0
fi

# A Python that AstrBot 4.14.6 has wheels for: the PATH's own, or the first that fits.
python=
for candidate in python3 python3.11 python3.12 python3.10 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || {
    echo "astrbot.sh: no Python 3.10 to 3.12 with venv on the PATH; AstrBot $version needs one" >&2
    exit 77
}

mkdir -p "$cache"
# Next to its place, so that the rename at the end is atomic: either all of it is there or none.
temporary=$(mktemp -d "$cache/.astrbot-$version.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$python" -m venv "$temporary/v" >&2
if ! "$temporary/v/bin/python" -m pip install --quiet --disable-pip-version-check "astrbot==$version" >&2; then
    echo "astrbot.sh: pip could not install astrbot==$version (see above)" >&2
    exit 77
fi
# Importing makes a data folder in the current one: not in the caller's.
(cd "$temporary" && HOME=$temporary "$temporary/v/bin/python" -c 'import astrbot.api.star' >&2)

# Another run may have been faster: then its copy stays.
if ! mv -T "$temporary/v" "$place" 2>/dev/null && [ ! -x "$place/bin/python" ]; then
    echo "astrbot.sh: cannot move $temporary/v to $place; remove what is there and run again" >&2
    exit 1
fi
echo "$place"
