# Read by the scripts beside it: each installs something into the cache, once, and prints where it is.
#
# Cache: ${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
# Exit status 77: it cannot be had on this machine; the last line on stderr says why.

me=$(basename "$0")
cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}

# skip WORDS...
skip() {
    echo "$me: $*" >&2
    exit 77
}

# linux_only WHAT: it exists for one kind of machine only.
linux_only() {
    [ "$(uname -sm)" = "Linux x86_64" ] || skip "$1 is for Linux on x86_64, this is $(uname -sm)"
}

# needs PROGRAM PACKAGE
needs() {
    command -v "$1" >/dev/null || skip "$1 is needed (Debian: apt-get install $2)"
}

# needs_venv
needs_venv() {
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        skip "Python 3.10 or later with venv is needed (Debian: apt-get install python3-venv)"
}

# pip_install PYTHON ARGUMENTS...
pip_install() {
    python=$1
    shift
    "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore "$@" >&2 ||
        skip "pip could not install $* (see above)"
}

# pip_locked PYTHON NAME ARGUMENTS...: what requirements/NAME.txt lists, each file by its hash. To write such a list again:
# uv pip compile --generate-hashes --no-header --no-annotate --universal --python-version 3.10 IN -o requirements/NAME.txt
pip_locked() {
    python=$1 list=$(dirname "$0")/requirements/$2.txt
    shift 2
    pip_install "$python" --require-hashes --requirement "$list" "$@"
}

# key NAME: a name for the cache that changes with the script and requirements/NAME.txt.
key() {
    echo "$1-$(cat "$0" "$(dirname "$0")/requirements/$1.txt" | sha256sum | cut -c 1-16)"
}

# apt_install PACKAGES...
apt_install() {
    command -v apt-get >/dev/null || skip "there is no apt-get to install $*"
    echo "$me: installing $*" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2 ||
        skip "apt-get could not install $* (see above)"
}

# cached FOLDER PROOF [SHOWN]: ends here if PROOF is in that folder of the cache, and prints its path, or
# that of SHOWN in it. Else $temporary is a folder to make it in, gone when the script ends.
cached() {
    place=$cache/$1 proof=$2 shown=${3:+/$3}
    if [ -e "$place/$proof" ]; then
        echo "$place$shown"
        exit 0
    fi
    mkdir -p "$cache"
    # Next to its place, so that the rename at the end is atomic: either all of it is there or none.
    temporary=$(mktemp -d "$cache/.$1.XXXXXX")
    trap 'rm -rf --one-file-system "$temporary"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# publish FOLDER: puts what was made in its place, and prints the path.
publish() {
    chmod 755 "$1"
    # Another run may have been faster: then its copy stays.
    if ! mv -T "$1" "$place" 2>/dev/null && [ ! -e "$place/$proof" ]; then
        echo "$me: cannot move $1 to $place; remove what is there and run again" >&2
        exit 1
    fi
    echo "$place$shown"
}

# own_mirror: the mirror that this machine already uses, if it is a Debian; otherwise nothing.
own_mirror() {
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null |
        sed -n 's/^Debian \(.*\)/\1/p' | grep -v security | head -n 1 || true
}

# debian_mirror SUITE: checks what making a root needs, and sets $root, $temporary/root, and $mirror, words for debootstrap.
debian_mirror() {
    root=$temporary/root
    [ "$(id -u)" = 0 ] || skip "only root can make a Debian root"
    unshare --mount true 2>/dev/null || skip "this machine allows no mount namespace"
    command -v debootstrap >/dev/null || apt_install debootstrap
    mirror=$(own_mirror)
    # A suite that is newer than this debootstrap is made as all of today's are.
    scripts=/usr/share/debootstrap/scripts
    [ -z "$mirror" ] || [ -e "$scripts/$1" ] || mirror="$mirror $scripts/sid"
}

# debian_root SUITE PACKAGES: makes a Debian root with these packages (between commas) in $root, which is $temporary/root.
# It has the machine's own way to names and its own trust.
debian_root() {
    debian_mirror "$1"
    # shellcheck disable=SC2086 # Two words, or none.
    debootstrap --variant=minbase --include="$2" "$1" "$root" $mirror >&2 || skip "debootstrap failed (see above)"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    trust_in_root
}

# foreign_root ARCHITECTURE SUITE PACKAGES: as debian_root, for another kind of machine. The packages are unpacked and not
# configured, which would take an emulator ten times as long.
foreign_root() {
    debian_mirror "$2"
    # shellcheck disable=SC2086 # Two words, or none.
    debootstrap --arch="$1" --foreign --variant=minbase --include="$3" "$2" "$root" $mirror >&2 ||
        skip "debootstrap failed (see above)"
    # In a container it is a link to the machine's own.
    rm -f "$root/proc"
    mkdir -p "$root/proc" "$root/sys" "$root/etc/ssl/certs"
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
    rm -rf "$root/debootstrap" "$root"/var/cache/apt/archives/*.deb
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    trust_in_root
}

# byte_compile VERSION FOLDERS...: in $root, what Python does when a module is imported first, by one of that version of this
# machine, if there is any: under an emulator it takes minutes.
byte_compile() {
    version=$1
    shift
    for candidate in "python$version" python3 "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$version" ] || continue
        # In whatever is no module of this version, such as a test's, it finds errors.
        "$candidate" -m compileall -q -s "$root" -p / "$@" >/dev/null 2>&1 || true
        return
    done
}

# trust_in_root: again after a package of the root has written the list of certificates anew.
trust_in_root() {
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
}

# inside PROGRAM...: runs it in $root. Nothing of the machine stays mounted there: the mounts end with the program, and so
# do the mounts of others that need them (see tests/astrbot/astr.py).
inside() {
    # $0 is the root; the rest is the command.
    unshare --mount sh -c '
        mount --make-rprivate / &&
        mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp \
            PIP_DEFAULT_TIMEOUT=180 PIP_CERT=/etc/ssl/certs/ca-certificates.crt DEBIAN_FRONTEND=noninteractive "$@"
    ' "$root" "$@"
}
