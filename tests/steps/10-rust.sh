#!/usr/bin/env bash
# All tests that cargo runs: units, documentation, the real component against the fake gateway, and the
# command line. At its end it prints how much the tests that have tables of cases tried.
# quick: yes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
OPENCLAW_TESTS_COUNTS=$(mktemp)
export OPENCLAW_TESTS_COUNTS
trap 'rm -f "$OPENCLAW_TESTS_COUNTS"' EXIT
status=0
cargo test --release --locked --no-fail-fast || status=$?
sort "$OPENCLAW_TESTS_COUNTS"
exit "$status"
