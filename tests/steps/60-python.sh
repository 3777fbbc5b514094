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
# One wheel is for all versions: it is tested with the first Python found, and then with each other one.
# pyenv's are not on the PATH all at once.
pythons=
seen=" "
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-9].*/bin/python; do
    version=$("$candidate" -c 'import sys, venv, ensurepip
print("%d.%d" % sys.version_info[:2]) if sys.version_info >= (3, 10) else sys.exit(1)' 2>/dev/null) || continue
    case "$seen" in *" $version "*) continue ;; esac
    seen="$seen$version "
    pythons="$pythons $candidate"
done
[ -n "$pythons" ] || {
    echo "no Python 3.10 or later with venv on the PATH"
    exit 77
}
python=${pythons# }
python=${python%% *}

echo "building the wheel and the plugin's zip"
"$python" "$root/host-shim/python/build_wheel" --out "$out"
echo "the library alone, which is what the wheel has built already"
(cd "$root" && OPENCLAW_PLUGIN_WASM="" cargo build --profile wheel --locked --quiet --package host-shim --no-default-features)

# tests/run counts by name, but nobody wants to read all the names. With what the tests logged and wrote, for
# tests/canary/scan.py.
runs=0
name_results() {
    runs=$((runs + 1))
    [ -z "${OPENCLAW_TESTS_RESULTS:-}" ] || export PYTEST_ADDOPTS="--junitxml=$OPENCLAW_TESTS_RESULTS/python-$runs.xml -o junit_logging=all --log-level=DEBUG \
        --basetemp=$OPENCLAW_TESTS_RESULTS/left/python-$runs"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/astr-python.XXXXXX")
trap 'rm -rf "$work"' EXIT
# From a folder of its own: the sources beside the tests have no native module.
cp -r "$root/host-shim/python/tests" "$root/host-shim/python/examples" "$root/host-shim/python/pyproject.toml" "$work/"
# Other components are compiled by the host-shim on the PATH.
mkdir "$work/bin"
ln -s "$(realpath "${CARGO_TARGET_DIR:-$root/target}")/release/host-shim" "$work/bin/host-shim"
export PATH="$work/bin:$PATH"
cd "$work"
wheel=$(ls "$out"/astr_openclaw-*.whl)
for other in $pythons; do
    rm -rf "$work/v"
    "$other" -m venv "$work/v"
    "$work/v/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --requirement "$root/tests/setup/requirements/python-tests.txt"
    # Ours: nothing is downloaded.
    "$work/v/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$wheel"
    echo "installed in a clean environment of $("$work/v/bin/python" -V): $("$work/v/bin/python" -m astr_openclaw --version)"
    name_results
    "$work/v/bin/python" -m pytest -q --no-header "$work/tests"
    [ "$other" = "$python" ] || continue
    echo "the parts of the plugin that need no AstrBot"
    name_results
    "$work/v/bin/python" -m pytest -q --no-header -p no:cacheprovider -W ignore::pytest.PytestDeprecationWarning "$root/host-shim/astrbot/tests"
done
