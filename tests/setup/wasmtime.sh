#!/bin/sh
# Installs the stock `wasmtime` command line, of the same version as the library that host-shim
# links, into a cache outside the clone, and prints the path of the program.
#
# Usage: tests/setup/wasmtime.sh            (about 9 CPU-minutes the first time, then at once)
# Cache: ${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}/wasmtime-cli-VERSION
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
# One place says which wasmtime the project uses: the workspace's own pin.
version=$(sed -n 's/^wasmtime = {.*version = "=\([0-9.]*\)".*/\1/p' "$root/Cargo.toml")
[ -n "$version" ] || {
    echo "wasmtime.sh: no line 'wasmtime = { version = \"=X.Y.Z\" …' in $root/Cargo.toml" >&2
    exit 1
}

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
place=$cache/wasmtime-cli-$version
if [ -x "$place/bin/wasmtime" ]; then
    echo "$place/bin/wasmtime"
    exit 0
fi

mkdir -p "$cache"
# Next to its place, so that the rename at the end is atomic: either all of it is there or none.
temporary=$(mktemp -d "$cache/.wasmtime-cli-$version.XXXXXX")
build=$(mktemp -d "${TMPDIR:-/tmp}/wasmtime-cli-build.XXXXXX")
trap 'rm -rf "$temporary" "$build"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# From outside the workspace: neither its lock file nor its .cargo/config.toml is meant here.
cd "$build"
# Optimised only a little: fully it takes 26 CPU-minutes, and the tests do not wait for this program.
CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_TARGET_DIR=$build nice -n 19 cargo "+$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$root/rust-toolchain.toml")" \
    install wasmtime-cli --version "$version" --locked --no-default-features \
    --features run,compile,wasi-http,component-model,component-model-async \
    --root "$temporary" >&2

"$temporary/bin/wasmtime" --version >&2
chmod 755 "$temporary"
# Another run may have been faster: then its copy stays.
if ! mv -T "$temporary" "$place" 2>/dev/null && [ ! -x "$place/bin/wasmtime" ]; then
    echo "wasmtime.sh: cannot move $temporary to $place; remove what is there and run again" >&2
    exit 1
fi
echo "$place/bin/wasmtime"
