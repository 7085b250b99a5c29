#!/usr/bin/env bash
# The models of the lock-free protocols, on the production modules themselves: loom runs each of them under every
# interleaving and every reordering that the memory model allows (docs/src/testing.md).
#
#     scripts/loom.sh [filter of test names; all models if not given]
#     scripts/loom.sh --no-run              only builds them
#
# Models that are too large for every interleaving bound the number of preemptions; each says so itself. Set
# LOOM_MAX_PREEMPTIONS to bound them all.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/loom"
export RUSTFLAGS="--cfg delayed_loom"
# One model at a time: the marks of all plans are one, outside of loom, so that two models would disturb each other.
export RUST_TEST_THREADS=1
# Optimised, but built fast: nothing is measured here.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_OPT_LEVEL=2 CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
if [[ ${1:-} == --no-run ]]; then
    exec cargo test --release -p delayed-runtime --lib --no-run
fi
filter=${1:-models::}
models=$(cargo test --release -p delayed-runtime --lib -- "$filter" --list)
if ! grep -q ': test$' <<<"$models"; then
    echo "no model is called *$filter*" >&2
    exit 2
fi
exec cargo test --release -p delayed-runtime --lib -- "$filter"
