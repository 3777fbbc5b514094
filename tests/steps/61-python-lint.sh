#!/bin/sh
# ruff (rules and format) over all Python, and mypy over the module and the Star. Exit status 77: skipped.
# needs: python-lint.sh
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$("$root/tests/setup/python-lint.sh")
config=$root/host-shim/python/pyproject.toml
cd "$root/host-shim"
"$tools/bin/ruff" check --no-cache --config "$config" python python/build_wheel python/zigbuild astrbot
# The scenario starts programs and has nothing to do meanwhile.
"$tools/bin/ruff" check --no-cache --config "$config" --extend-ignore ASYNC220,ASYNC230,ASYNC240 "$root/tests/astrbot" "$root/tests/page" \
    "$root/tests/documents" "$root/tests/oci" "$root/plugin/publish" "$root/tests/benches" "$root/tests/soak" "$root/tests/canary" \
    "$root/tests/platforms"
"$tools/bin/ruff" format --no-cache --config "$config" --check python python/build_wheel python/zigbuild astrbot "$root/tests/astrbot" "$root/tests/page" \
    "$root/tests/documents" "$root/tests/oci" "$root/plugin/publish" "$root/tests/benches" "$root/tests/soak" "$root/tests/canary" \
    "$root/tests/platforms"
export MYPYPATH=python/python:astrbot
"$tools/bin/python" -m mypy --config-file "$config" --cache-dir /dev/null --explicit-package-bases \
    python/python/astr_openclaw astrbot/astrbot_plugin_openclaw
MYPYPATH=python "$tools/bin/python" -m mypy --config-file "$config" --cache-dir /dev/null --explicit-package-bases python/packing
