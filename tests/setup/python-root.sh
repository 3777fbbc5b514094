#!/bin/sh
# Makes a Debian root with the newest Python that the wheel is tested with, and prints the root's path. It takes about 2
# minutes and 400 MB, root, and debootstrap (installed with apt where it is missing).
set -eu
. "$(dirname "$0")/cache.sh"

version=3.14

linux_only "the wheel"
cached "python-root-$version" "usr/bin/python$version"
debian_root forky "python$version,python$version-venv,ca-certificates"
inside apt-get clean
inside "python$version" -c 'import venv, ensurepip' >&2
publish "$root"
