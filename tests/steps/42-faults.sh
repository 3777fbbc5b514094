#!/usr/bin/env bash
# The real gateways of both versions under faults: runs that were abandoned, providers that drop, full
# disks, kills and stops.
# needs: openclaw.sh 2026.2.9
# needs: openclaw.sh 2026.9.6
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command -v npm >/dev/null || { echo "skipped: npm is needed to install the gateways" >&2; exit 77; }
unshare --map-root-user --mount true || { echo "skipped: the full disk needs user namespaces" >&2; exit 77; }
cd "$root"
for version in 2026.2.9 2026.9.6; do tests/setup/openclaw.sh $version >/dev/null; done
# Among all packages: with --package cargo would resolve other features, and build dependencies once more.
# Two at a time: one runs, the other holds the gateway that they share.
cargo test --release --locked --no-fail-fast --test real_faults -- --test-threads=2
