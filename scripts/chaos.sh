#!/usr/bin/env bash
# Random graphs whose tasks fail, panic, hang and are tried again, in runs that go on, stop and are cancelled, beside a
# model of their own (docs/src/testing.md): tests/chaos.rs with more graphs than the usual tests take.
#
#     scripts/chaos.sh
#
# SEED   the first graph; the next ones have the next numbers. A new one each time if not set
# CASES  how many graphs; 20000 if not set
# TELL   if set, each graph is printed before it runs, for a failure that ends the process
set -euo pipefail
for name in SEED CASES; do
    if [[ -n ${!name:-} && ! ${!name} =~ ^[1-9][0-9]*$ ]]; then
        echo "$name=${!name} is no number above 0" >&2
        exit 2
    fi
done
cd "$(dirname "$0")/.."
export CHAOS_SEED="${SEED:-$((RANDOM << 15 | RANDOM))}" CHAOS_CASES="${CASES:-20000}"
shown=()
if [[ -n ${TELL:-} ]]; then
    export CHAOS_TELL=1
    shown=(--nocapture)
fi
echo "SEED=$CHAOS_SEED CASES=$CHAOS_CASES"
exec cargo test -p delayed --test chaos -- "${shown[@]}"
