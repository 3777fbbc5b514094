#!/usr/bin/env bash
# Runs a command as on a machine of its own: what it writes into /root, /opt and /usr/local is gone afterwards,
# port 18789 is free, no network but loopback can be reached, and no process outlives it. Needs root.
#
#   tests/documents/inside.sh COMMAND ARGUMENTS…
set -euo pipefail

exec unshare --mount --net --pid --fork --mount-proc --kill-child bash -ec '
    ip link set lo up
    # Not a loopback address: where a model provider is in these tests.
    ip address add 192.0.2.1/32 dev lo
    scratch=/mnt
    mount -t tmpfs scratch $scratch
    for folder in root opt usr/local; do
        layer=$scratch/${folder//\//-}
        mkdir -p "$layer/upper" "$layer/work"
        mount -t overlay -o "lowerdir=/$folder,upperdir=$layer/upper,workdir=$layer/work" overlay "/$folder"
    done
    # Said to the command, which must not run outside.
    export OPENCLAW_DOCUMENTS=inside
    exec "$@"' inside "$@"
