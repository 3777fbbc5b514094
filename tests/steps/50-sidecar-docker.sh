#!/usr/bin/env bash
# The sidecar's whole life with a real Docker engine: host-shim/sidecar/tests/docker.rs.
# needs: docker.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

setup=tests/setup/docker.sh
$setup
cargo build --release --locked --bin host-shim
run=$(mktemp -d)
trap '$setup stop "$run"; rm -rf "$run"' EXIT
$setup start "$run"
export DOCKER_HOST=unix://$run/d.sock
export HOST_SHIM=${CARGO_TARGET_DIR:-$PWD/target}/release/host-shim
cargo test --release --locked --test docker --test docker_roots -- --nocapture --test-threads=1
