#!/usr/bin/env bash
# Turns with real gateways of both versions, and these under faults: a hundred turns each through all of them (kills,
# stops, full disks, failing providers), abandoned runs; and which of the gateway's own tools each level gets.
# needs: openclaw.sh 2026.2.9
# needs: openclaw.sh 2026.9.6
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unshare --map-root-user --mount true || { echo "skipped: the full disk needs user namespaces" >&2; exit 77; }
for version in 2026.2.9 2026.9.6; do tests/setup/openclaw.sh $version >/dev/null; done
# Among all packages: with --package cargo would resolve other features, and build dependencies once more.
# Two at a time: one runs, the other holds the gateway that they share.
exec cargo test --release --locked --no-fail-fast --test real -- --test-threads=2 --show-output
