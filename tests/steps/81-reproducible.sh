#!/usr/bin/env bash
# The released files of the last commit, built in two fresh folders, are the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec cargo xtask reproduce
