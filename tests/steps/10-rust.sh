#!/usr/bin/env bash
# All tests that cargo runs: units, documentation, the real component against the fake gateway, and the
# command line.
# quick: yes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec cargo test --release --locked --no-fail-fast
