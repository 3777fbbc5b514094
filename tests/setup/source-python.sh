#!/bin/sh
# Builds a Python that Debian has no package of, from Debian's source package, and prints the path of a root that has it as
# /usr/bin/python3 and nothing else but pip:
#
#   tests/setup/source-python.sh musl             Python 3.11 with musl for its C library; the root is complete
#   tests/setup/source-python.sh free-threaded    Python 3.13 without the global lock, for this machine's own C library: run
#                                                 it from there, not in the root
#
# It takes 3 minutes of processor time, and musl-tools, a C compiler and zlib1g-dev, which root gets with apt.
set -eu
. "$(dirname "$0")/cache.sh"

kind=${1:-}
case $kind in
musl) suite=bookworm version=3.11 tools="musl-tools linux-libc-dev make xz-utils bzip2" ;;
free-threaded) suite=trixie version=3.13 tools="gcc libc6-dev zlib1g-dev make xz-utils" ;;
*)
    echo "$me: musl or free-threaded" >&2
    exit 2
    ;;
esac
linux_only "this Python"
cached "python-$kind-$(sha256sum <"$0" | cut -c 1-16)" root/usr/bin/python3 root
needs_venv
mirror=$(own_mirror)
[ -n "$mirror" ] || skip "Debian's sources are needed"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keys" ] || skip "Debian's keys are needed ($keys)"
if [ "$kind" = musl ] && ! command -v musl-gcc >/dev/null; then apt_install $tools; fi
if [ "$kind" = free-threaded ] && [ ! -e /usr/include/zlib.h ]; then apt_install $tools; fi

mkdir -p "$temporary/w/source" "$temporary/w/lists/partial" "$temporary/w/archives/partial"
debian=$temporary/w root=$temporary/w/root
cd "$debian/source"
echo "deb-src [signed-by=$keys] $mirror $suite main" >"$debian/list"
sources() {
    apt-get -qq -o Dir::Etc::sourcelist="$debian/list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$debian/lists" \
        -o Dir::Cache="$debian" -o APT::Sandbox::User=root "$@" >&2
}
{ sources update && sources source --download-only "python$version"; } || skip "Debian's source of Python $version cannot be had"
# unpack NAME: its folder.
unpack() {
    mkdir "$debian/$1" && tar -xf "$debian/source/$1"_*.orig.tar.*z* -C "$debian/$1" --strip-components 1 --exclude '*.asc'
}
rm -f ./*.asc
unpack "python$version"
options="--prefix=/usr --with-ensurepip=no --without-doc-strings --disable-test-modules"
if [ "$kind" = musl ]; then
    sources source --download-only zlib || skip "Debian's source of zlib cannot be had"
    unpack zlib
    # The kernel's own headers, behind those of musl; and no folder of the other C library's.
    mkdir "$debian/kernel"
    for name in linux asm-generic; do ln -s "/usr/include/$name" "$debian/kernel/$name"; done
    ln -s /usr/include/x86_64-linux-gnu/asm "$debian/kernel/asm"
    printf '#!/bin/sh\ncase $1 in *-print-multiarch) exit ;; esac\nexec musl-gcc "$@" -idirafter %s\n' "$debian/kernel" >"$debian/cc"
    chmod 755 "$debian/cc"
    sed -i 's/^    def add_multiarch_paths(self):/&\n        return/' "$debian/python$version/setup.py"
    (cd "$debian/zlib" && CC=$debian/cc CFLAGS="-O2 -fPIC" ./configure --static --prefix="$debian/z" && make -s install) >&2
    export CC="$debian/cc" CXX=false CPPFLAGS="-I$debian/z/include" LDFLAGS="-L$debian/z/lib"
    options="$options --build=x86_64-linux-musl --host=x86_64-linux-musl ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no"
    # shellcheck disable=SC2034 # Read below.
    loader=/lib/ld-musl-x86_64.so.1
else
    options="$options --disable-gil"
    loader=
fi
cd "$debian/python$version"
# shellcheck disable=SC2086 # Options are words.
./configure -q $options >&2
{ make -s -j "$(nproc)" OPT="-O1 -DNDEBUG" && make -s install DESTDIR="$root"; } >"$debian/log" 2>&1 || {
    tail -n 20 "$debian/log" >&2
    exit 1
}
if [ -n "$loader" ]; then
    mkdir -p "$root/lib"
    cp -L "$loader" "$root/lib/"
fi
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/srv/work"
ln -sf "$(cd "$root/usr/bin" && ls python3.[0-9]*[0-9t] | head -n 1)" "$root/usr/bin/python3"
# Of a Python of this machine; it is of Python alone.
python3 -m venv "$debian/v" >&2
for site in "$root"/usr/lib/python3*/site-packages; do cp -r "$debian"/v/lib/python3*/site-packages/pip "$site/"; done
find "$debian" -mindepth 1 -maxdepth 1 ! -name root -exec rm -rf --one-file-system {} +
publish "$debian"
