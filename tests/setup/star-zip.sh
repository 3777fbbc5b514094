#!/bin/sh
# Prints the path of the plugin's zip, after building it if it is missing or older than what goes into it.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/astrbot
zip=$out/astrbot_plugin_openclaw.zip
newer=
if [ -f "$zip" ]; then
    newer=$(find "$root/Cargo.toml" "$root/Cargo.lock" "$root/wit" "$root/plugin" "$root/host-shim" -type f -newer "$zip" \
        ! -path '*/tests/*' ! -path '*/__pycache__/*' -print | head -n 1)
fi
if [ ! -f "$zip" ] || [ -n "$newer" ]; then
    "$root/host-shim/python/build_wheel" --out "$out" >&2
fi
printf '%s\n' "$zip"
