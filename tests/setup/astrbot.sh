#!/bin/sh
# Installs AstrBot (the older line, for Python 3.10 to 3.12) into a virtual environment, and prints its
# path. Run it by `PATH/bin/python`; the scripts in bin/ have the path of the temporary folder in their
# first line. It takes about 4 minutes and 790 MB.
set -eu
. "$(dirname "$0")/cache.sh"

version=4.14.6

cached "astrbot-$version" bin/python
# A Python that it has wheels for: the PATH's own, or the first that fits.
python=
for candidate in python3 python3.11 python3.12 python3.10 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || skip "no Python 3.10 to 3.12 with venv on the PATH; AstrBot $version needs one"
"$python" -m venv "$temporary/v" >&2
pip_install "$temporary/v/bin/python" "astrbot==$version"
# Importing makes a data folder in the current one: not in the caller's.
(cd "$temporary" && HOME=$temporary "$temporary/v/bin/python" -c 'import astrbot.api.star' >&2)
publish "$temporary/v"
