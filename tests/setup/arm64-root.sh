#!/bin/sh
# Makes a Debian 13 root for aarch64 with Python 3.13 and, in /srv/v of the root, an environment with what the module's
# tests need; prints the root's path. tests/setup/emulated.sh runs its programs. It takes 2 minutes and 350 MB, and root;
# debootstrap and qemu are installed with apt where they are missing.
set -eu
. "$(dirname "$0")/cache.sh"

linux_only "the root for aarch64"
[ -x /usr/bin/qemu-aarch64-static ] || apt_install qemu-user-static
cached "arm64-root-$(cat "$0" "$(dirname "$0")/requirements/python-tests.txt" | sha256sum | cut -c 1-16)" usr/bin/python3.13
foreign_root arm64 trixie python3,python3-venv,ca-certificates
mkdir -p "$root/srv/work" "$temporary/work"
inside() { "$(dirname "$0")/emulated.sh" "$root" "$temporary/work" "$@"; }
inside uname -m >&2 || skip "programs of aarch64 do not run here (see above)"
inside python3 -m venv --without-pip /srv/v >&2
# Debian's pip, which ensurepip would install slowly.
site=$root/srv/v/lib/python3.13/site-packages
for wheel in "$root"/usr/share/python-wheels/pip-*.whl; do python3 -m zipfile -e "$wheel" "$site"; done
# By the machine's own pip, which is ten times as fast.
needs_venv
python3 -m venv "$temporary/pip" >&2
pip_locked "$temporary/pip/bin/python" python-tests --target "$site" --upgrade \
    --only-binary :all: --implementation cp --python-version 3.13 \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64
byte_compile 3.13 "$root/usr/lib/python3.13" "$site"
inside /srv/v/bin/python -m pytest --version >&2
publish "$root"
