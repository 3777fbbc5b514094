#!/usr/bin/env bash
# The components and the WIT package as OCI artifacts: pushed to a registry on this machine by plugin/publish, pulled with
# wkg into an empty home, and run from there by host-shim and by the stock wasmtime.
# needs: wkg.sh
# needs: docker-registry.sh
# needs: wasmtime.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { echo "skipped: no Python 3.10 or later on the PATH"; exit 77; }
OPENCLAW_WKG=$(tests/setup/wkg.sh)
OPENCLAW_REGISTRY=$(tests/setup/docker-registry.sh)
OPENCLAW_WASMTIME=$(tests/setup/wasmtime.sh)
target=$(realpath "${CARGO_TARGET_DIR:-target}")
OPENCLAW_RELEASED=$target/dist
# With the tests of the program: alone it would have other features, and wasmtime be built once more.
cargo test --release --locked --no-run --test cli
OPENCLAW_HOST_SHIM=$target/release/host-shim
cargo xtask dist --out "$OPENCLAW_RELEASED" >/dev/null
export OPENCLAW_WKG OPENCLAW_REGISTRY OPENCLAW_WASMTIME OPENCLAW_RELEASED OPENCLAW_HOST_SHIM PYTHONDONTWRITEBYTECODE=1
exec python3 tests/oci/artifacts.py
