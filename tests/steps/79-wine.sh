#!/bin/sh
# host-shim.exe, built here for Windows x86_64, under wine: the demo, a streamed turn with a loopback gateway, sessions,
# memory, Ctrl-C, files, exit codes; see tests/platforms/wine.py. The first build takes 12 minutes of processor time: what it
# has not done after 8 minutes, or with OPENCLAW_PLATFORMS=all an hour, the next run goes on with, and this one counts as
# skipped. Exit status 77: skipped.
# needs: wine.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=x86_64-pc-windows-gnu
built=${CARGO_TARGET_DIR:-$root/target}/$target/release/host-shim.exe
cd "$root"
wine=$("$root/tests/setup/wine.sh")
library=$(rustc --print target-libdir --target $target)
if [ ! -d "$library" ] && ! rustup target add $target; then
    echo "Rust's standard library for $target is missing"
    exit 77
fi

limit=480
[ "${OPENCLAW_PLATFORMS:-}" != all ] || limit=3600
echo "building host-shim.exe"
status=0
timeout --signal=INT --kill-after=30 $limit cargo build --release --locked --quiet --bin host-shim --target $target || status=$?
case $status in
0) ;;
124 | 137)
    echo "not shown: host-shim.exe under wine; the build is not done after $limit s. The next run goes on with it."
    exit 77
    ;;
*) exit "$status" ;;
esac
ls -l "$built"

work=$(mktemp -d "${TMPDIR:-/tmp}/astr-wine.XXXXXX")
trap 'rm -rf "$work"' EXIT
x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 -o "$work/ctrl_c.exe" tests/platforms/ctrl_c.c
component=${CARGO_TARGET_DIR:-$root/target}/component/wasm32-wasip2/component/openclaw_plugin.wasm
[ -f "$component" ] || component=
python3 tests/platforms/wine.py --wine "$wine/wine" --ctrl-c "$work/ctrl_c.exe" ${component:+--component "$component"} "$built"
