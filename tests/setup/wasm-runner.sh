#!/bin/sh
# Cargo's runner for wasm32-wasip2 (.cargo/config.toml): runs a test program inside wasmtime.
set -eu
wasmtime=$("$(dirname "$0")/wasmtime.sh")
exec "$wasmtime" run "$@"
