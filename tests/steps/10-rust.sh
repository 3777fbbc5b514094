#!/usr/bin/env bash
# All tests that cargo runs: units, documentation, the real component against the fake gateway, the
# command line, and (not with --quick) the real gateway from npm.
# needs: openclaw.sh 2026.2.9
# quick: yes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

arguments=()
if [[ ${OPENCLAW_TESTS_QUICK:-} == 1 ]]; then
    # Left out by name, so that they are counted as left out.
    arguments=(-- --skip a_real_gateway_)
else
    tests/setup/openclaw.sh 2026.2.9
fi
exec cargo test --release --locked --no-fail-fast "${arguments[@]}"
