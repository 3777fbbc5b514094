#!/usr/bin/env bash
# What the sidecar reads of a .env and of a compose file, beside what the real Composes read:
# docker-compose 1.29.2 and Docker Compose v2. Exit status 77: skipped, they cannot be had here.
# needs: compose.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
"$root/tests/setup/compose.sh" >/dev/null || exit $?
cd "$root"
cargo test --release --locked --test compose_values -- --ignored
