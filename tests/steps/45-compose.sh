#!/usr/bin/env bash
# What the sidecar reads of a .env and of a compose file, beside what the real Composes read:
# docker-compose 1.29.2 and Docker Compose v2.
# needs: compose.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests/setup/compose.sh >/dev/null
exec cargo test --release --locked --test compose_values
