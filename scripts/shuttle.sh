#!/usr/bin/env bash
# Real graphs on the pool's own threads, under random schedules: shuttle runs each test many times, with a scheduler that
# chooses anew at each step, and with one that changes its mind a few times only (docs/src/testing.md).
#
#     scripts/shuttle.sh [filter of test names; all if not given] [--exact]
#
# SEED        other schedules, and other random graphs; a new one each time if not set
# ITERATIONS  how often each test runs with each scheduler; each says so itself if not set
# REPLAY      a schedule of a failure, or a file with one, to be run again; a failure prints the command
set -euo pipefail
for name in SEED ITERATIONS; do
    if [[ -n ${!name:-} && ! ${!name} =~ ^[1-9][0-9]*$ ]]; then
        echo "$name=${!name} is no number above 0" >&2
        exit 2
    fi
done
if [[ -f ${REPLAY:-} ]]; then
    REPLAY=$(realpath "$REPLAY")
elif [[ ${REPLAY:-} == */* || ${REPLAY:-} == *.* ]]; then
    echo "REPLAY=$REPLAY: no such file" >&2
    exit 2
fi
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/shuttle"
export RUSTFLAGS="--cfg delayed_shuttle"
if ! cargo tree -p delayed-runtime -i shuttle >/dev/null 2>&1; then
    echo "not run: the crate shuttle cannot be had"
    exit 0
fi
export SEED="${SEED:-$((RANDOM << 15 | RANDOM))}"
export SCHEDULES="$CARGO_TARGET_DIR/schedules"
mkdir -p "$SCHEDULES"
# One test at a time: the marks of all plans are one, outside of shuttle, so that two tests would disturb each other.
export RUST_TEST_THREADS=1
# Optimised, but built fast: nothing is measured here.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_OPT_LEVEL=2 CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
if [[ -z ${REPLAY:-} ]]; then
    rm -f "$SCHEDULES"/schedule*.txt
    echo "SEED=$SEED"
else
    export REPLAY
fi
if [[ $# -eq 0 ]]; then
    set -- shuttled::
fi
tests=$(cargo test --release -p delayed-runtime --lib -- "$@" --list)
if ! grep -q ': test$' <<<"$tests"; then
    echo "no test is called *$1*" >&2
    exit 2
fi
if cargo test --release -p delayed-runtime --lib -- "$@"; then
    exit 0
fi
if [[ -z ${REPLAY:-} ]]; then
    echo "failed with SEED=$SEED"
    # The test could not say so itself.
    if [[ -f $SCHEDULES/schedule000.txt ]]; then
        echo "to see it again: REPLAY=$SCHEDULES/schedule000.txt scripts/shuttle.sh, with the name of the test begun last"
    fi
fi
exit 1
