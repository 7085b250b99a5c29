#!/usr/bin/env bash
# The tests under AddressSanitizer with its leak check: what `unsafe` code could do wrong with memory, seen while the
# tests run (docs/src/testing.md). Needs a nightly toolchain; says so where there is none.
#
#     scripts/asan.sh [one file of tests; all if not given]
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-gnu
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "not run: there is no nightly toolchain"
    exit 0
fi
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "not run: AddressSanitizer is set up here for Linux on x86_64 only"
    exit 0
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/asan"
export RUSTFLAGS=-Zsanitizer=address
# What the compiler says is none of its affair (`ui`, `renamed`, `corpus`), and one test leaks a panic's payload on
# purpose, whose own destructor panics.
cargo +nightly test --target $target -p delayed-runtime --lib
for file in tests/*.rs; do
    name=$(basename "$file" .rs)
    case $name in ui | renamed | corpus | docs | idle) continue ;; esac
    [[ $# -gt 0 && $name != "$1" ]] && continue
    cargo +nightly test --target $target -p delayed --test "$name" -- --skip payloads_whose_destructors_panic
done
