#!/bin/sh
# The wheel for Linux aarch64, in a Debian root for that machine under qemu: pip installs it, a turn with a loopback gateway
# is streamed from Python, tests of the module, and the Star with its engine against a stand-in of AstrBot. With
# OPENCLAW_PLATFORMS=all also more of the module's tests, and a turn in a real AstrBot for aarch64. What the first build
# has not done after 6 minutes the next run goes on with, and this one counts as skipped. Exit status 77: skipped.
# needs: arm64-root.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=aarch64-unknown-linux-gnu
out=${CARGO_TARGET_DIR:-$root/target}/wheels
arm64=$("$root/tests/setup/arm64-root.sh")
limit=360 most=150
if [ "${OPENCLAW_PLATFORMS:-}" = all ]; then limit=3600 most=1800; fi

echo "building the wheel for $target"
status=0
timeout --signal=INT --kill-after=30 "$limit" "$root/host-shim/python/build_wheel" --target "$target" || status=$?
case $status in
0) ;;
124 | 137)
    echo "not shown: the wheel for aarch64; its build is not done after $limit s. The next run goes on with it."
    exit 77
    ;;
*) exit "$status" ;;
esac
wheel=$(ls "$out"/astr_openclaw-*aarch64.whl)

work=$(mktemp -d "${TMPDIR:-/tmp}/astr-arm64.XXXXXX")
trap 'rm -rf "$work"' EXIT
emulated() { "$root/tests/setup/emulated.sh" "$arm64" "$work" "$@"; }
python=/srv/work/v/bin/python
cp -a "$arm64/srv/v" "$work/v"
cp -r "$root/host-shim/python/tests" "$root/host-shim/python/examples" "$root/host-shim/python/pyproject.toml" "$work/"
mkdir "$work/python"
cp -r "$root/host-shim/python/tests" "$work/python/tests"
cp -r "$root/host-shim/astrbot" "$work/astrbot"
cp "$wheel" "$work/"
emulated $python -m pip install --quiet --disable-pip-version-check --no-index --no-deps "/srv/work/${wheel##*/}"
echo "${wheel##*/} in $(emulated $python -c 'import platform; print(platform.machine(), platform.python_version(), *platform.libc_ver())'):" \
    "$(emulated $python -m astr_openclaw --version)"

python3 "$root/tests/platforms/streamed.py" "Python on aarch64" "$root/tests/setup/emulated.sh" "$arm64" "$work" \
    $python examples/stream.py

# tests NAME FILES...: within the limit; what is not reached counts as skipped.
tests() {
    name=$1
    shift
    status=0
    # -u: what it has said is in the log even if it is ended.
    timeout --signal=INT --kill-after=30 "$most" "$root/tests/setup/emulated.sh" "$arm64" "$work" $python -u -m pytest -q --no-header \
        -p no:cacheprovider -W ignore::pytest.PytestDeprecationWarning "$@" || status=$?
    [ "$status" = 124 ] || [ "$status" = 137 ] || return "$status"
    echo "not reached in $most s under qemu: the rest of $name"
    echo "0 passed, 0 failed, 1 skipped"
}
# What compiles a component needs a host-shim for aarch64, which is not built here; tests of processes take an emulator long.
if [ "${OPENCLAW_PLATFORMS:-}" = all ]; then
    tests "the module's tests" tests -k "not compile and not damaged_artifact and not one_line and not another_component_needs"
else
    tests "the module's tests" tests/test_turn.py tests/test_approvals.py tests/test_tools.py tests/test_tool_faults.py \
        tests/test_context.py tests/test_turn_options.py
fi
echo "the Star's engine and commands, against a stand-in of AstrBot's API"
tests "the Star's tests" astrbot/tests/test_engine.py astrbot/tests/test_command_turn.py

[ "${OPENCLAW_PLATFORMS:-}" = all ] || {
    echo "not shown: a real AstrBot for aarch64; OPENCLAW_PLATFORMS=all does"
    echo "0 passed, 0 failed, 1 skipped"
    exit
}
echo "a real AstrBot for aarch64"
driver=$("$root/tests/setup/astrbot.sh")
"$driver/bin/python" "$root/tests/platforms/astrbot_arm64.py" "$out/astrbot_plugin_openclaw-$target.zip"
