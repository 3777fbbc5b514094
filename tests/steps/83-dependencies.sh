#!/usr/bin/env bash
# What we depend on may be given away, comes from the registry, comes once or is on the list of what comes twice, and is
# not on our list of what is not wanted: .cargo/deny.toml. The lists of what is given away are valid CycloneDX.
# needs: cargo-deny.sh
# needs: sbom-check.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deny=$(tests/setup/cargo-deny.sh)
"$deny" --locked check --hide-inclusion-graph bans licenses sources

python=$(tests/setup/sbom-check.sh)
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
cargo xtask sbom --out "$lists"
"$python" - "$lists"/*.cdx.json <<'PYTHON'
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    if error := JsonStrictValidator(SchemaVersion.V1_5).validate_str(text):
        sys.exit(f"{path} is not CycloneDX 1.5: {error}")
    listed = json.loads(text)
    names = {one["bom-ref"] for one in listed["components"]} | {listed["metadata"]["component"]["bom-ref"]}
    for one in listed["dependencies"]:
        unknown = {one["ref"], *one["dependsOn"]} - names
        if unknown:
            sys.exit(f"{path} does not list {unknown}")
    print(f"{path.rsplit('/', 1)[-1]}: {len(listed['components'])} crates, valid CycloneDX 1.5")
PYTHON
