#!/usr/bin/env bash
# The sidecar's whole life with a real Docker engine, AstrBot in a container of its own beside it:
# host-shim/sidecar/tests/docker.
# needs: docker.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

setup=tests/setup/docker.sh
$setup
cargo build --release --locked --bin host-shim
zip=$(tests/setup/star-zip.sh)
run=$(mktemp -d)
trap '$setup stop "$run"; rm -rf "$run"' EXIT
# As pip would install it; with the machine's Python, which may be older than the wheel's.
python3 -m zipfile -e "$(dirname "$zip")"/astr_openclaw-*.whl "$run/wheel"
chmod -R a+rX "$run"
$setup start "$run"
export DOCKER_HOST=unix://$run/d.sock
export HOST_SHIM=${CARGO_TARGET_DIR:-$PWD/target}/release/host-shim
export ASTR_WHEEL=$run/wheel
cargo test --release --locked --test docker --test docker_roots -- --nocapture --test-threads=1
