#!/bin/sh
# Pythons that Debian has no package of, built from its sources: with musl for its C library, the wheel for musl is installed
# and a turn is streamed, in a root that has nothing else; there and in a free-threaded Python the plugin's zip for glibc says in
# one line that it does not fit. Builds for 10 minutes of processor time: only with OPENCLAW_PLATFORMS=all. Exit status 77: skipped.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
[ "${OPENCLAW_PLATFORMS:-}" = all ] || {
    echo "not shown: the wheel for musl, and a free-threaded Python; OPENCLAW_PLATFORMS=all does"
    exit 77
}
target=x86_64-unknown-linux-musl
musl=$("$root/tests/setup/source-python.sh" musl)
free=$("$root/tests/setup/source-python.sh" free-threaded)
zip=$("$root/tests/setup/star-zip.sh")
"$root/host-shim/python/build_wheel" --target $target --skip-zip
wheel=$(ls "${CARGO_TARGET_DIR:-$root/target}"/wheels/astr_openclaw-*musllinux*x86_64.whl)

work=$(mktemp -d "${TMPDIR:-/tmp}/astr-musl.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$root/host-shim/python/examples" "$work/"
cp "$wheel" "$work/"
python3 -m zipfile -e "$zip" "$work"
# Nothing of it stays mounted: see tests/setup/cache.sh.
cat >"$work/in_musl" <<'END'
#!/bin/sh
exec unshare --mount sh -c '
    root=$1 work=$2
    shift 2
    mount --make-rprivate / && mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        mount -t tmpfs tmpfs "$root/tmp" && mount --bind "$work" "$root/srv/work" && cd "$root/srv/work" || exit
    export HOME=/tmp PYTHONPATH=/srv/work/site PYTHONDONTWRITEBYTECODE=1
    exec chroot "$root" "$@"
' sh "$MUSL" "$WORK" "$@"
END
chmod 755 "$work/in_musl"
export MUSL="$musl" WORK="$work"

# refused NAME FOLDER PYTHON...: what the plugin's zip for glibc says there; FOLDER is $work as that Python sees it.
refused() {
    name=$1 folder=$2
    shift 2
    "$@" -m pip install --quiet --disable-pip-version-check --no-index --target "$folder/none" \
        --requirement "$folder/astrbot_plugin_openclaw/requirements.txt"
    said=$("$@" -c "
import sys
sys.path.insert(0, '$folder/none')
try:
    import astr_openclaw
except ImportError as error:
    print(error)")
    rm -rf "$work/none"
    echo "$name: $said"
    if [ "$(printf '%s' "$said" | grep -c .)" = 1 ]; then
        echo "1 passed, 0 failed, 0 skipped"
    else
        echo "0 passed, 1 failed, 0 skipped"
        return 1
    fi
}
"$free/usr/bin/python3" -c 'import sys; assert not sys._is_gil_enabled(); print(sys.version)'
refused "a free-threaded Python" "$work" "$free/usr/bin/python3"
refused "a Python with musl" /srv/work "$work/in_musl" /usr/bin/python3

"$work/in_musl" /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-index --no-deps --target /srv/work/site \
    "/srv/work/${wheel##*/}"
"$work/in_musl" /usr/bin/python3 -c 'import platform, sys; print(sys.version, sys.implementation._multiarch)'
python3 "$root/tests/platforms/streamed.py" "Python with musl" "$work/in_musl" /usr/bin/python3 /srv/work/examples/stream.py
