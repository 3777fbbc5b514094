#!/bin/sh
# Installs cargo-fuzz from crates.io (a minute to build), and prints the path of the program.
set -eu
. "$(dirname "$0")/cache.sh"

version=0.13.2

needs cargo cargo
cached "cargo-fuzz-$version" bin/cargo-fuzz bin/cargo-fuzz
# Outside the workspace: its toolchain, flags and target folder are for the project.
(cd "$temporary" && env -u CARGO_TARGET_DIR RUSTFLAGS= cargo install --quiet --locked --root "$temporary/v" \
    --target-dir "$temporary/target" "cargo-fuzz@$version" >&2) || skip "cargo could not install cargo-fuzz $version (see above)"
"$temporary/v/bin/cargo-fuzz" --version >&2
publish "$temporary/v"
