#!/bin/sh
# Installs the validator of CycloneDX's own Python library, with the schemas in it, and prints the path of its Python.
set -eu
. "$(dirname "$0")/cache.sh"

cached "$(key sbom-check)" bin/python bin/python
needs_venv
python3 -m venv "$temporary/v" >&2
pip_locked "$temporary/v/bin/python" sbom-check
publish "$temporary/v"
