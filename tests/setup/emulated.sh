#!/bin/sh
# Runs a program of Linux aarch64, and whatever it starts, in a root for that machine by qemu's user emulator.
#
#   tests/setup/emulated.sh ROOT FOLDER PROGRAM ARGUMENTS...
#
# FOLDER is /srv/work there, and the current folder; /tmp is empty. Of the environment the program gets OPENCLAW_GATEWAY_URL
# and OPENCLAW_GATEWAY_TOKEN; `env NAME=VALUE… PROGRAM` hands on more. The network is this machine's. That the kernel runs such programs is said in a user namespace of
# its own: nothing of it or of the mounts is left when the program ends. The process of PROGRAM is the one of this script.
# Exit status 77: this machine cannot do it; the last line on stderr says why.
set -eu

emulator=/usr/bin/qemu-aarch64-static
[ -x "$emulator" ] || {
    echo "emulated.sh: $emulator is needed (Debian: qemu-user-static)" >&2
    exit 77
}
own=$(readlink /proc/self/ns/user)
# All users of this machine, by a process that is outside: inside, only one could be mapped.
(
    tries=0
    until [ "$(readlink /proc/$$/ns/user)" != "$own" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || exit 0
        sleep 0.02
    done
    echo "0 0 4294967295" >/proc/$$/gid_map
    echo "0 0 4294967295" >/proc/$$/uid_map
) </dev/null >/dev/null 2>&1 &

# $0 is the emulator, $1 the root, $2 the folder; the rest is the command.
exec unshare --user --mount sh -c '
    tries=0
    until [ "$(id -u)" = 0 ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || { echo "emulated.sh: no user can be mapped here" >&2; exit 77; }
        sleep 0.02
    done
    root=$1 work=$2
    shift 2
    magic="\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    mask="\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    mount --make-rprivate / && mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        mount --rbind /sys "$root/sys" && mount -t tmpfs tmpfs "$root/tmp" && mount --bind "$work" "$root/srv/work" || exit 77
    # Before Linux 6.7 it is not for namespaces: then the machine itself must know.
    if mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc 2>/dev/null; then
        printf %s ":qemu-aarch64:M::$magic:$mask:$0:F" >/proc/sys/fs/binfmt_misc/register || exit 77
    elif ! chroot "$root" /bin/true 2>/dev/null; then
        echo "emulated.sh: the kernel does not run programs of aarch64 (Debian: binfmt-support)" >&2
        exit 77
    fi
    exec chroot "$root" env -i --chdir=/srv/work PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp TMPDIR=/tmp LANG=C.UTF-8 \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt OPENCLAW_GATEWAY_URL="${OPENCLAW_GATEWAY_URL:-}" \
        OPENCLAW_GATEWAY_TOKEN="${OPENCLAW_GATEWAY_TOKEN:-}" "$@"
' "$emulator" "$@"
