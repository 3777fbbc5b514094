#!/bin/sh
# Installs Debian's docker-registry (apt-get, as root), a registry for OCI artifacts, and prints the path of the program.
set -eu
. "$(dirname "$0")/cache.sh"

program=/usr/bin/docker-registry
if [ ! -x "$program" ]; then
    [ "$(id -u)" = 0 ] || skip "$program is needed (Debian: apt-get install docker-registry)"
    # Installing must not start a registry for the whole machine.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt_install docker-registry
fi
"$program" --version >&2
echo "$program"
