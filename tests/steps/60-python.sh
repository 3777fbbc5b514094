#!/bin/sh
# Builds the wheel and the plugin's zip, installs the wheel in a clean environment, and runs the
# module's tests in it. Exit status 77: skipped.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/astrbot

case "$(uname -sm)" in
"Linux x86_64") ;;
*)
    echo "the wheel is for Linux on x86_64 only, this is $(uname -sm)"
    exit 77
    ;;
esac
python=
for candidate in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || {
    echo "no Python 3.10 or later with venv on the PATH"
    exit 77
}

echo "building the wheel and the plugin's zip"
"$python" "$root/host-shim/python/build_wheel" --out "$out"

work=$(mktemp -d "${TMPDIR:-/tmp}/astr-python.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/v"
"$work/v/bin/python" -m pip install --quiet --disable-pip-version-check "$(ls "$out"/astr_openclaw-*.whl)[test]"
echo "installed in a clean environment: $("$work/v/bin/python" -m astr_openclaw --version)"
# From a folder of its own: the sources beside the tests have no native module.
cp -r "$root/host-shim/python/tests" "$root/host-shim/python/pyproject.toml" "$work/"
cd "$work"
"$work/v/bin/python" -m pytest -q --no-header "$work/tests"
echo "its types, as a user's type checker sees them"
"$work/v/bin/python" -m mypy --strict -p astr_openclaw
"$work/v/bin/python" -m pip install --quiet --disable-pip-version-check packaging
"$work/v/bin/python" -m pytest -q --no-header -p no:cacheprovider "$root/host-shim/astrbot/tests"
