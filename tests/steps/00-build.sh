#!/usr/bin/env bash
# Everything compiles: the component, the programs and all tests. Here, and not when the first of them
# runs, so that what the other steps need is installed meanwhile.
# quick: yes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec cargo test --release --locked --no-run
