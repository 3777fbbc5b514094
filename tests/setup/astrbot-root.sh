#!/bin/sh
# Makes a Debian 13 root with Python 3.13, the newest AstrBot that is tested (in /srv/v of the root) and
# Chromium, and prints the root's path. Machines whose own Python is older than 3.12 cannot run that AstrBot
# otherwise. It takes about 6 minutes and 2 GB, root, and debootstrap (installed with apt where it is missing).
set -eu
. "$(dirname "$0")/cache.sh"

version=4.29.1

cached "astrbot-root-$version" srv/v/bin/python
debian_root trixie python3,python3-venv,ca-certificates
inside apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei >&2 ||
    skip "apt cannot install chromium in the root (see above)"
inside apt-get clean
trust_in_root
inside python3 -m venv /srv/v >&2
inside /srv/v/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir "astrbot==$version" >&2 ||
    skip "pip could not install astrbot==$version in the root (see above)"
inside sh -c 'mkdir -p /srv/try && cd /srv/try && HOME=/srv/try /srv/v/bin/python -c "import astrbot.api.star" && cd / && rm -rf /srv/try' >&2

publish "$root"
