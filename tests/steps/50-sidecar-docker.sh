#!/usr/bin/env bash
# The sidecar's whole life with a real Docker engine: host-shim/sidecar/tests/docker.rs.
# Exit status 77: skipped, because no engine can be started here; the last line says why.
# needs: docker.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
setup=$root/tests/setup/docker.sh
"$setup" || exit $?
cd "$root"
cargo build --release --locked --bin host-shim
run=$(mktemp -d)
trap '"$setup" stop "$run"; rm -rf "$run"' EXIT
"$setup" start "$run"
export DOCKER_HOST=unix://$run/d.sock
export HOST_SHIM=${CARGO_TARGET_DIR:-$root/target}/release/host-shim
cargo test --release --locked --test docker --test docker_roots -- --ignored --nocapture --test-threads=1
