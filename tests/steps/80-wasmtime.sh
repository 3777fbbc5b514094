#!/usr/bin/env bash
# The component where host-shim is not: its own tests inside the stock wasmtime, the released files,
# `wasmtime run` of the command against the scripted and the real gateway, and a host in JavaScript.
# needs: jco.sh
# needs: wasmtime.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}

wasmtime=$(tests/setup/wasmtime.sh)
tests/setup/jco.sh
tests/setup/openclaw.sh 2026.2.9

echo "the component's own tests, inside $("$wasmtime" --version)"
# Without the component's exports: a test program has no host that could call them.
cargo test --release --locked --no-fail-fast --target wasm32-wasip2 --no-default-features \
    --package openclaw-plugin --package openclaw-memory

echo "the released files"
cargo xtask dist

echo "the command in the stock wasmtime and in Node"
# Among all packages, as in 10-rust: with --package cargo would resolve other features and build
# wasmtime once more.
cargo test --release --locked --no-fail-fast --test wasmtime_run -- --show-output

echo "the files: $target/dist"
