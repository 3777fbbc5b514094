#!/bin/sh
# Builds the wheel and the plugin's zip, installs the wheel in a clean environment, and runs the
# module's tests in it. Exit status 77: skipped.
# needs: python-root.sh
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
pythons=${pythons# }

echo "building the wheel and the plugin's zip"
"${pythons%% *}" "$root/host-shim/python/build_wheel" --out "$out"
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
cp "${CARGO_TARGET_DIR:-$root/target}/release/host-shim" "$work/bin/"
export PATH="$work/bin:$PATH"
cd "$work"
wheel=$(ls "$out"/astr_openclaw-*.whl)
cp "$wheel" "$root/tests/setup/requirements/python-tests.txt" "$work/"

# install PYTHON FOLDER [COMMAND...]: installs the wheel in a clean environment of that Python, in a folder that has it;
# through that command if there is one.
install() {
    python=$1 folder=$2
    shift 2
    "$@" "$python" -m venv "$folder/v"
    "$@" "$folder/v/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$folder/python-tests.txt"
    # Ours: nothing is downloaded.
    "$@" "$folder/v/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$folder/${wheel##*/}"
    echo "installed in a clean environment of $("$@" "$folder/v/bin/python" -V): $("$@" "$folder/v/bin/python" -m astr_openclaw --version)"
}

for other in $pythons; do
    rm -rf "$work/v"
    install "$other" "$work"
    name_results
    "$work/v/bin/python" -m pytest -q --no-header "$work/tests"
    [ "$other" = "${pythons%% *}" ] || continue
    echo "the parts of the plugin that need no AstrBot"
    name_results
    "$work/v/bin/python" -m pytest -q --no-header -p no:cacheprovider -W ignore::pytest.PytestDeprecationWarning "$root/host-shim/astrbot/tests"
done

# The newest has a root of its own, where the folder and the results are in /srv.
newest=3.14
case "$seen" in *" $newest "*) exit ;; esac
if ! newest_root=$("$root/tests/setup/python-root.sh"); then
    echo "not tried: Python $newest (see above)"
    echo "0 passed, 0 failed, 1 skipped"
    exit
fi
results=${OPENCLAW_TESTS_RESULTS:-$work}
inside() {
    unshare --mount sh -c '
        root=$1 work=$2 results=$3
        shift 3
        mount --make-rprivate / && mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --rbind /sys "$root/sys" &&
            mount -t tmpfs tmpfs "$root/tmp" && mount -t tmpfs tmpfs "$root/srv" && mkdir "$root/srv/work" "$root/srv/results" &&
            mount --bind "$work" "$root/srv/work" && mount --bind "$results" "$root/srv/results" || exit
        exec chroot "$root" env -i --chdir=/srv/work PATH=/srv/work/bin:/usr/bin:/bin HOME=/tmp LANG=C.UTF-8 \
            PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTEST_ADDOPTS="${PYTEST_ADDOPTS:-}" "$@"
    ' sh "$newest_root" "$work" "$results" "$@"
}
rm -rf "$work/v"
install "python$newest" /srv/work inside
[ -z "${OPENCLAW_TESTS_RESULTS:-}" ] || OPENCLAW_TESTS_RESULTS=/srv/results
name_results
inside /srv/work/v/bin/python -m pytest -q --no-header /srv/work/tests
