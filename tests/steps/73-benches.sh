#!/usr/bin/env bash
# The measuring command works, with every client and row, and the pages are what its results say. Nothing here depends
# on a time: tests/benches/run measures.
# needs: bench-peers.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests/setup/bench-peers.sh >/dev/null
python3 tests/benches/report.py --check
tests/benches/run --check
