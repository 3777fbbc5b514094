#!/usr/bin/env bash
# What we depend on may be given away, comes from the registry and is not on our list of what is not
# wanted: .cargo/deny.toml.
# needs: cargo-deny.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deny=$(tests/setup/cargo-deny.sh)
exec "$deny" --locked check --hide-inclusion-graph bans licenses sources
