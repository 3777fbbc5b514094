#!/usr/bin/env bash
# The sidecar's templates and doctor against the real gateways of both versions, started by hand,
# and its files against the published schemas. Installs them once, into the cache.
# needs: openclaw.sh 2026.2.9
# needs: openclaw.sh 2026.9.6
# needs: schemas.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for tool in npm python3; do
    command -v $tool >/dev/null || { echo "skipped: $tool is needed to install the gateways and schemas" >&2; exit 77; }
done
cd "$root"
# Among all packages: with -p cargo would resolve other features, and build dependencies once more.
cargo test --release --locked --test real_gateway --test real_config --test schemas -- --ignored --test-threads=1
