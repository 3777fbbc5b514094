#!/bin/sh
# A minute of the soak: turns with faults, cancels and floods, a simulated day, reloads of the Star. It prints its
# table, what it did, and how many rows are in their bounds. Exit status 77: skipped.
set -eu

case "$(uname -sm)" in
"Linux x86_64") ;;
*)
    echo "skipped: the wheel is for Linux on x86_64 only, this is $(uname -sm)"
    exit 77
    ;;
esac
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
    echo "skipped: Python 3.10 or later is needed"
    exit 77
}
exec "$(dirname "$0")/../soak/run" --ci
