#!/usr/bin/env bash
# Shows that the models (scripts/loom.sh) notice what they are for: each ordering and each fence in the modelled files is
# weakened, one at a time, in a copy of the tree, and some model must fail. What is weakened is found by searching, so a
# new ordering is among it without being listed here.
#
#     scripts/weaken.sh [part of a file's name; all files if not given]
#
# Ends with 1 if a weakening goes unnoticed.
set -euo pipefail
cd "$(dirname "$0")/.."
files=(node/slot.rs node/head.rs node/arena.rs node/order.rs scheduler.rs limit.rs run.rs run/tasks.rs run/flight.rs
    run/future.rs run/in_order.rs worker.rs)
source=delayed-runtime/src
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/weaken"
unnoticed=0

# try FILE LINE WHAT SED-SCRIPT: weakens, and runs the models.
try() {
    local file=$1 line=$2 what=$3 script=$4 out
    sed -i "${line}${script}" "$copy/$source/$file"
    if cmp -s "$source/$file" "$copy/$source/$file"; then
        echo "$file:$line: $what changes nothing: mend this script" >&2
        exit 2
    fi
    # A model that fails may also go on for ever.
    if out=$(cd "$copy" && timeout 300 scripts/loom.sh 2>&1); then
        printf '%-22s %-28s NOT NOTICED\n' "$file:$line" "$what"
        unnoticed=1
    elif grep -q 'could not compile' <<<"$out"; then
        printf '%s\n' "$out" >&2
        exit 2
    else
        # The last test that was begun: a model's failure often ends the process.
        local model
        model=$(grep -oE '[a-z_:]+::models::[a-z_:]+' <<<"$out" | tail -1)
        printf '%-22s %-28s %s\n' "$file:$line" "$what" "${model:-a model}"
    fi
    cp "$source/$file" "$copy/$source/$file"
}

for file in "${files[@]}"; do
    [[ $file == *"${1:-}"* ]] || continue
    # Tests of the file's own are none of it.
    end=$(grep -n '^#\[cfg(test)\]' "$source/$file" | head -1 | cut -d: -f1 || true)
    while IFS=: read -r line text; do
        [[ -n $end && $line -gt $end ]] && continue
        [[ $text =~ ^[[:space:]]*// ]] && continue
        if [[ $text == *fence\(* ]]; then
            try "$file" "$line" "no fence" 's/fence(Ordering::[A-Za-z]*)/()/'
            continue
        fi
        count=$(grep -oE 'Ordering::(Acquire|Release|AcqRel|SeqCst)' <<<"$text" | wc -l)
        for ((at = 1; at <= count; at++)); do
            ordering=$(grep -oE 'Ordering::(Acquire|Release|AcqRel|SeqCst)' <<<"$text" | sed -n "${at}p")
            case ${ordering#Ordering::} in
                AcqRel) weaker=(Acquire Release) ;;
                *) weaker=(Relaxed) ;;
            esac
            for to in "${weaker[@]}"; do
                # The at-th ordering of the line that is not relaxed.
                try "$file" "$line" "${ordering#Ordering::} -> $to" \
                    "s/Ordering::\\(Acquire\\|Release\\|AcqRel\\|SeqCst\\)/Ordering::$to/$at"
            done
        done
    done < <(grep -nE 'Ordering::(Acquire|Release|AcqRel|SeqCst)' "$source/$file")
done
exit $unnoticed
