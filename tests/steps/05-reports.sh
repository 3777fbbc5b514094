#!/usr/bin/env bash
# Every test that tests/reports names for a row of the field reports exists. Which of them passed, tests/run
# counts at its end.
# quick: yes
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../reports/count.sh" --check
