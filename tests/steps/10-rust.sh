#!/usr/bin/env bash
# All tests that cargo runs: units, documentation, the real component against the scripted gateway, the
# command line, and (not with --quick) the real gateway from npm.
# quick: yes
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The component is built by host-shim's build script, for this target.
library=$(rustc --print target-libdir --target wasm32-wasip2)
if [[ ! -d $library ]]; then
    echo "adding the Rust target wasm32-wasip2"
    rustup target add wasm32-wasip2
fi

arguments=()
if [[ ${OPENCLAW_TESTS_QUICK:-} == 1 ]]; then
    # Left out by name, so that they are counted as left out.
    arguments=(-- --skip a_real_gateway_)
else
    # Before the tests, so that its time is not theirs.
    tests/setup/openclaw.sh 2026.2.9
fi
exec cargo test --release --no-fail-fast "${arguments[@]}"
