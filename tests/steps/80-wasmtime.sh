#!/usr/bin/env bash
# The component where host-shim is not: its own tests inside the stock wasmtime, the released files,
# and `wasmtime run` of the command against the scripted and the real gateway.
# needs: openclaw.sh 2026.2.9
# needs: wasmtime.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

section() { printf '\n-- %s\n' "$1"; }

wasmtime=$(tests/setup/wasmtime.sh)

section "the component's own tests, inside $("$wasmtime" --version)"
# Without the component's exports: a test program has no host that could call them.
cargo test --release --locked --no-fail-fast --target wasm32-wasip2 --no-default-features \
    --package openclaw-plugin --package openclaw-wire --package openclaw-memory

section "the released files: interfaces, sizes, sums"
released=${CARGO_TARGET_DIR:-$root/target}/dist
cargo xtask dist --out "$released"
# The tests need not make them again.
OPENCLAW_RELEASED=$(realpath "$released")
export OPENCLAW_RELEASED

# Among all packages: with --package cargo would resolve other features and build wasmtime once more.
section "the command in the stock wasmtime, against the fake gateway and a real one"
tests/setup/openclaw.sh 2026.2.9 >/dev/null
cargo test --release --locked --no-fail-fast --test released -- wasmtime:: --show-output
