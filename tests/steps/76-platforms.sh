#!/usr/bin/env bash
# The Rust code for every system that it is made for: clippy, also without the compiler as Python's module has it, and the
# unit tests of the crates without wasmtime, under wine, under qemu and on musl. Most important first; nothing new is started
# after 420 s, and what was not is counted as skipped. OPENCLAW_PLATFORMS=all: everything, also clippy of the crates with
# wasmtime, which takes minutes for each system.
# needs: platforms.sh
# needs: wine.sh
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

most=420
[[ ${OPENCLAW_PLATFORMS-} != all ]] || most=1000000

why=$(tests/setup/platforms.sh 2>&1 >/dev/null)
code=$?
if ((code)); then
    echo "${why##*$'\n'}"
    exit "$code"
fi
windows=x86_64-pc-windows-gnu
arm=aarch64-unknown-linux-gnu
musl=x86_64-unknown-linux-musl
others=("$arm" aarch64-apple-darwin "$musl" aarch64-unknown-linux-musl x86_64-apple-darwin)

passed=0
failed=0
skipped=0
# The host's tools, wasmtime's build scripts among them, and the component, which neither lints nor unit tests need.
target=${CARGO_TARGET_DIR:-$PWD/target}/platforms
export OPENCLAW_PLUGIN_WASM='' PYO3_CROSS=1 CARGO_TERM_COLOR=never
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# attempt WHAT COMMAND...: counts it, and shows what it says only if it fails, or its number of tests.
attempt() {
    local what=$1 begun=$SECONDS
    shift
    if ((begun > most)); then
        echo "not tried: $what"
        ((++skipped))
        return
    fi
    if "$@" >"$log" 2>&1 </dev/null; then
        local tests
        tests=$(awk '/^test result: ok/ { n += $4 } END { if (n) print ", " n " tests" }' "$log")
        echo "passed: $what$tests ($((SECONDS - begun)) s)"
        ((++passed))
    else
        tail -n 60 "$log"
        echo "failed: $what"
        ((++failed))
    fi
}

# checked TARGET ARGUMENTS...: clippy. Of ring's C code nothing is needed for that, and there is no compiler for macOS: what
# is made here must never be linked, so it has a folder of its own.
checked() {
    local for=$1
    shift
    env "CC_${for//-/_}=$PWD/tests/platforms/cc-for-checks" "AR_${for//-/_}=$PWD/tests/platforms/ar-for-checks" SDKROOT=/ \
        CARGO_TARGET_DIR="$target/checked" \
        cargo clippy --release --locked --target "$for" "$@" -- -D warnings
}

# Everything that is given away, and the part without wasmtime, which is checked in seconds.
small=(-p openclaw-os -p openclaw-core -p openclaw-wire -p openclaw-render -p openclaw-plugin -p openclaw-sidecar)
all=("${small[@]}" -p host-shim -p host-shim-cli -p astr-openclaw)
# Its files have Linux's paths.
linux=("${small[@]}" -p openclaw-memory)

# tested TARGET RUNNER ARGUMENTS...: unit tests.
tested() {
    local for=$1 runner=$2 name
    shift 2
    name=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$for")_RUNNER
    env "$name=$runner" CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc CARGO_TARGET_DIR="$target/tested" \
        cargo test --release --locked --target "$for" "$@"
}

wine=$(tests/setup/wine.sh 2>"$log")
code=$?
if ((code == 0)); then
    attempt "$windows: unit tests under wine" tested $windows "$wine/wine" --lib "${small[@]}"
else
    echo "not tried: $windows: unit tests under wine: $(tail -n 1 "$log")"
    ((++skipped))
fi
for other in $windows "${others[@]}"; do
    attempt "$other: clippy of the crates without wasmtime" checked "$other" --lib --bins "${small[@]}"
done
attempt "$windows: clippy of the library without the compiler" checked $windows -p host-shim --lib --no-default-features
# Under qemu it is no error to start a program that is missing.
attempt "$arm: unit tests under qemu" tested $arm "qemu-aarch64-static -L /usr/aarch64-linux-gnu" --lib \
    -p openclaw-os -p openclaw-core -p openclaw-memory -- --skip a_program_that_is_missing_is_an_error
attempt "$musl: unit tests" tested $musl env --lib "${linux[@]}"
# Each of these checks a wasmtime of its own.
for other in $windows "${others[@]}"; do
    [[ ${OPENCLAW_PLATFORMS-} == all ]] || most=-1
    attempt "$other: clippy of everything" checked "$other" --lib --bins "${all[@]}"
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
