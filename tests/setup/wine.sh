#!/bin/sh
# Makes a wine prefix for programs of Windows x86_64, with what Rust's standard library needs that wine 8 lacks, and
# prints the folder: FOLDER/wine PROGRAM.exe ARGUMENTS runs one. It takes a minute and 500 MB; as root it installs wine and
# mingw with apt where they are missing.
set -eu
. "$(dirname "$0")/cache.sh"

# With the source in its name: a prefix made with another one is not taken.
source=$(dirname "$0")/../platforms/bcryptprimitives.c
linux_only "wine for Windows x86_64"
compiler=x86_64-w64-mingw32-gcc
for tool in wine:wine64,wine $compiler:gcc-mingw-w64-x86-64; do
    command -v "${tool%%:*}" >/dev/null && continue
    [ "$(id -u)" = 0 ] || skip "${tool%%:*} is needed (Debian: apt-get install $(echo "${tool#*:}" | tr , ' '))"
    # shellcheck disable=SC2046 # Words.
    apt_install $(echo "${tool#*:}" | tr , ' ')
done
cached "wine-$(cat "$0" "$source" | sha256sum | cut -c 1-16)" wine
mkdir "$temporary/w"
# Debian tells on every start that wine32 is missing; nothing here is for 32 bits.
cat >"$temporary/w/wine" <<'END'
#!/bin/sh
# No window is ever opened, and wine tells nothing of its own.
here=$(cd "$(dirname "$0")" && pwd)
unset DISPLAY WAYLAND_DISPLAY
for wine in /usr/lib/wine/wine64 /usr/bin/wine64 wine; do
    ! command -v "$wine" >/dev/null || break
done
export WINEPREFIX="$here/prefix" WINEARCH=win64 WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=" LC_ALL=C.UTF-8
exec "$wine" "$@"
END
chmod 755 "$temporary/w/wine"
"$temporary/w/wine" wineboot --init >&2 </dev/null || skip "wine cannot make a prefix (see above)"
"$temporary/w/wine" cmd /c exit >&2 </dev/null || skip "wine runs no program here (see above)"
library=$temporary/w/prefix/drive_c/windows/system32/bcryptprimitives.dll
[ -e "$library" ] ||
    $compiler -O2 -shared -s -o "$library" "$source" -ladvapi32 >&2 || skip "$compiler cannot build $source (see above)"
# What made it must have ended: it would write where the prefix was.
WINEPREFIX=$temporary/w/prefix wineserver -w || sleep 5
publish "$temporary/w"
