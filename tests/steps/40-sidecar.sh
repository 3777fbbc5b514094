#!/usr/bin/env bash
# The sidecar's templates and doctor against the real gateways of both versions, started by hand, and its
# files against the published schemas.
# needs: openclaw.sh 2026.2.9
# needs: openclaw.sh 2026.9.6
# needs: schemas.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for version in 2026.2.9 2026.9.6; do tests/setup/openclaw.sh $version >/dev/null; done
tests/setup/schemas.sh >/dev/null
# Among all packages: with -p cargo would resolve other features, and build dependencies once more.
exec cargo test --release --locked --test real_gateway --test real_model --test real_config --test schemas -- --test-threads=1
