#!/bin/sh
# Makes a Debian 13 root with Python 3.13, the newest AstrBot that is tested (in /srv/v of the root) and
# Chromium, and prints the root's path. Machines whose own Python is older than 3.12 cannot run that AstrBot
# otherwise. It takes about 6 minutes and 2 GB, root, and debootstrap (installed with apt where it is missing).
#
# Nothing of the machine stays mounted in it: mounts are made in a mount namespace of their own,
# which ends with the command that needs them (see `inside` below and tests/astrbot/astr.py).
set -eu
. "$(dirname "$0")/cache.sh"

version=4.29.1

cached "astrbot-root-$version" srv/v/bin/python
[ "$(id -u)" = 0 ] || skip "only root can make a Debian root (AstrBot $version needs Python 3.12 or later)"
unshare --mount true 2>/dev/null || skip "this machine allows no mount namespace"
command -v debootstrap >/dev/null || apt_install debootstrap
root=$temporary/root

# The mirror that this machine already uses, if it is a Debian; otherwise debootstrap's own.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null |
    sed -n 's/^Debian \(.*\)/\1/p' | grep -v security | head -n 1 || true)

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates trixie "$root" ${mirror:+"$mirror"} >&2 ||
    skip "debootstrap failed (see above)"

# The machine's own way to names and its own trust, which may differ from Debian's.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

inside() {
    # $0 is the root; the rest is the command.
    unshare --mount sh -c '
        mount --make-rprivate / &&
        mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp \
            PIP_DEFAULT_TIMEOUT=180 PIP_CERT=/etc/ssl/certs/ca-certificates.crt DEBIAN_FRONTEND=noninteractive "$@"
    ' "$root" "$@"
}

inside apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei >&2 ||
    skip "apt cannot install chromium in the root (see above)"
inside apt-get clean
# Debian's package may have written the list of certificates anew.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
inside python3 -m venv /srv/v >&2
inside /srv/v/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir "astrbot==$version" >&2 ||
    skip "pip could not install astrbot==$version in the root (see above)"
inside sh -c 'mkdir -p /srv/try && cd /srv/try && HOME=/srv/try /srv/v/bin/python -c "import astrbot.api.star" && cd / && rm -rf /srv/try' >&2

publish "$root"
