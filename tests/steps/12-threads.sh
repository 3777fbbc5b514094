#!/usr/bin/env bash
# What the host's threads share holds in every order of what they do: tests/threads, with loom.
# quick: yes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec cargo test --release --locked --manifest-path tests/threads/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}/threads"
