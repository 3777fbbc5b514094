#!/bin/sh
# Installs wkg, which pushes components and WIT packages to OCI registries, from crates.io, and prints the path of the
# program. It takes about 7 CPU-minutes.
set -eu
. "$(dirname "$0")/cache.sh"

version=0.16.1
toolchain=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$(dirname "$0")/../../rust-toolchain.toml")

needs cargo cargo
cached "wkg-$version" bin/wkg bin/wkg
# Outside the workspace: its flags and target folder are for the project. Not optimised: the tests push a megabyte.
(cd "$temporary" && CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_TARGET_DIR=$temporary/build RUSTFLAGS='' \
    nice -n 19 cargo "+$toolchain" install --quiet --locked --no-default-features --root "$temporary/made" \
    "wkg@$version" >&2) || skip "cargo could not install wkg $version (see above)"
"$temporary/made/bin/wkg" --version >&2
publish "$temporary/made"
