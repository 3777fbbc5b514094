#!/bin/sh
# Installs the stock `wasmtime` command line, of the same version as the library that host-shim links, and
# prints the path of the program. It takes about 9 CPU-minutes.
set -eu
. "$(dirname "$0")/cache.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
# One place says which wasmtime the project uses: the workspace's own pin.
version=$(sed -n 's/^wasmtime = {.*version = "=\([0-9.]*\)".*/\1/p' "$root/Cargo.toml")
[ -n "$version" ] || {
    echo "$me: no line 'wasmtime = { version = \"=X.Y.Z\" …' in $root/Cargo.toml" >&2
    exit 1
}
toolchain=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$root/rust-toolchain.toml")

cached "wasmtime-cli-$version" bin/wasmtime bin/wasmtime
# From outside the workspace: neither its lock file nor its .cargo/config.toml is meant here.
cd "$temporary"
# Optimised only a little: fully it takes 26 CPU-minutes, and the tests do not wait for this program.
CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_TARGET_DIR=$temporary/build nice -n 19 cargo "+$toolchain" \
    install wasmtime-cli --version "$version" --locked --no-default-features \
    --features run,compile,wasi-http,component-model,component-model-async \
    --root "$temporary/made" >&2
"$temporary/made/bin/wasmtime" --version >&2
publish "$temporary/made"
