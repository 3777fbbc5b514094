#!/bin/sh
# The Star's status page in Chromium, served by its own code: looks, keyboard, screen reader, presses, failures, in both
# languages and themes. Its pictures are kept. Exit status 77: skipped.
# needs: astrbot-root.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
OPENCLAW_ASTRBOT_ROOT=$("$root/tests/setup/astrbot-root.sh")
export OPENCLAW_ASTRBOT_ROOT
python=
for candidate in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue
    python=$candidate
    break
done
[ -n "$python" ] || { echo "no Python 3.10 or later with venv on the PATH"; exit 77; }

zip=$("$root/tests/setup/star-zip.sh")
work=$(mktemp -d "${TMPDIR:-/tmp}/astr-page.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/v"
"$work/v/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement "$root/tests/setup/requirements/python-tests.txt"
"$work/v/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$(dirname "$zip")"/astr_openclaw-*.whl

# The Star's own tests put the fakes of AstrBot in place.
export PYTHONPATH="$root/host-shim/astrbot/tests:$root/tests/astrbot:$root/tests/canary"
[ -z "${OPENCLAW_TESTS_RESULTS:-}" ] || export PYTEST_ADDOPTS="--junitxml=$OPENCLAW_TESTS_RESULTS/page.xml -o junit_logging=all \
    --log-level=DEBUG --basetemp=$OPENCLAW_TESTS_RESULTS/left/page"
OPENCLAW_PICTURES=$(realpath "${CARGO_TARGET_DIR:-$root/target}")/status-page
export OPENCLAW_PICTURES
echo "its pictures: $OPENCLAW_PICTURES"
"$work/v/bin/python" -m pytest -q --no-header -p no:cacheprovider -W ignore::pytest.PytestDeprecationWarning "$root/tests/page"
