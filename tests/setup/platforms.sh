#!/bin/sh
# What checking and trying the Rust code for other systems needs: rustup's targets, mingw, an aarch64 linker and qemu's user
# mode. Prints nothing that is used. wine has a script of its own, wine.sh.
set -eu
. "$(dirname "$0")/cache.sh"

linux_only "checking for other systems"
needs rustup rustup
missing=
for target in x86_64-pc-windows-gnu aarch64-unknown-linux-gnu x86_64-unknown-linux-musl aarch64-unknown-linux-musl \
    aarch64-apple-darwin x86_64-apple-darwin; do
    # Not rustup's own list, which tells what it was asked for.
    [ -d "$(rustc --print target-libdir --target "$target")" ] || missing="$missing $target"
done
# In one call: two at once damage the list.
# shellcheck disable=SC2086 # Words.
[ -z "$missing" ] || rustup target add $missing >&2 || skip "rustup could not add$missing (see above)"

packages=
for tool in x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu \
    qemu-aarch64-static:qemu-user-static; do
    command -v "${tool%%:*}" >/dev/null || packages="$packages ${tool#*:}"
done
if [ -n "$packages" ]; then
    [ "$(id -u)" = 0 ] || skip "missing (Debian: apt-get install$packages)"
    # shellcheck disable=SC2086 # Words.
    apt_install $packages
fi
echo "$cache"
