#!/usr/bin/env bash
# No input makes a reader of others' bytes panic, take too much memory or time, or break what must hold of its results:
# five seconds of each fuzzer, beginning with the committed corpora.
# needs: cargo-fuzz.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec tests/fuzz/run --seconds 5
