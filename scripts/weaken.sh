#!/usr/bin/env bash
# Shows that the models (scripts/loom.sh) notice what they are for: each ordering and each fence of the runtime is
# weakened, one at a time, in a copy of the tree, and some model must fail. What is weakened is found by searching, so a
# new ordering is among it without being listed here.
#
#     scripts/weaken.sh [part of a file's name; all files if not given]
#     scripts/weaken.sh --list [part of a file's name]      only lists them
#
# First come the models that concern the file, and all the others only if these notice nothing. The unchanged copy must
# be green.
#
# Ends with 1 if a weakening goes unnoticed, or if the models give no answer in PATIENCE seconds (300); with 2 if the script
# itself fails: the copy is not green, does not build or link, or the tests did not run.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
source=delayed-runtime/src
patience=${PATIENCE:-300}
list=
if [[ ${1:-} == --list ]]; then
    list=yes
    shift
fi
only=${1:-}

# Which models concern a file.
models_of() {
    case $1 in
        node/arena.rs) echo node::arena::models:: ;;
        node/slot.rs) echo node::models::slots:: ;;
        scheduler.rs | scheduler/*) echo node::models:: ;;
        node/*) echo node::models::references:: ;;
        limit.rs) echo run::models::limit:: ;;
        worker.rs | run.rs) echo run::models::sleep:: ;;
        *) echo run::models:: ;;
    esac
}

# Every weakening: file, line, the how-manieth ordering of that line, what it is, what it becomes.
sites() {
    local file
    (cd "$source" && git ls-files . | grep '\.rs$' | grep -vE '(^|/)(models|tests|sync)(\.rs$|/)' | sort) |
        while read -r file; do
            [[ $file == *"$only"* ]] || continue
            awk -v file="$file" '
                /^#\[cfg\(test\)\]/ { exit }
                /^ *\/\// { next }
                {
                    rest = $0
                    for (nth = 1; match(rest, /Ordering::(Acquire|Release|AcqRel|SeqCst)/); nth++) {
                        name = substr(rest, RSTART + 10, RLENGTH - 10)
                        is_fence = substr(rest, 1, RSTART - 1) ~ /fence\($/
                        rest = substr(rest, RSTART + RLENGTH)
                        if (is_fence) {
                            print file, FNR, nth, "fence(" name ")", "nothing"
                            if (name == "SeqCst") print file, FNR, nth, "fence(" name ")", "AcqRel"
                        } else if (name == "AcqRel") {
                            print file, FNR, nth, name, "Acquire"
                            print file, FNR, nth, name, "Release"
                        } else {
                            print file, FNR, nth, name, "Relaxed"
                        }
                    }
                }' "$source/$file"
        done
}

# weaken FILE LINE NTH INTO: the file with the nth ordering of that line weakened.
weaken() {
    awk -v line="$2" -v nth="$3" -v into="$4" '
        FNR == line {
            done = ""
            rest = $0
            for (i = 1; match(rest, /Ordering::(Acquire|Release|AcqRel|SeqCst)/); i++) {
                before = substr(rest, 1, RSTART - 1)
                found = substr(rest, RSTART, RLENGTH)
                rest = substr(rest, RSTART + RLENGTH)
                if (i == nth && into == "nothing") {
                    sub(/fence\($/, "", before)
                    sub(/^\)/, "", rest)
                    found = "()"
                } else if (i == nth) {
                    found = "Ordering::" into
                }
                done = done before found
            }
            $0 = done rest
        }
        { print }' "$1"
}

sites=$(sites)
if [[ -z $sites ]]; then
    echo "nothing to weaken in *$only*" >&2
    exit 2
fi
if [[ -n $list ]]; then
    printf '%s\n' "$sites"
    exit
fi

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# As new files (-m): what an earlier copy left in the target directory is older, and is built again.
git ls-files -z | tar --null -T - -cf - | tar -xmf - -C "$copy"
# One target directory for all weakenings, so that only the crate is built anew.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/weaken"
log=$copy/log

broken() {
    tail -n 40 "$log" >&2
    echo "$1: no result" >&2
    exit 2
}

# Builds the copy.
build() {
    (cd "$copy" && scripts/loom.sh --no-run) >"$log" 2>&1 || broken "$1"
}

# run FILTER: 0 if the models are green, 1 if one fails, 3 if there is no answer in time. Anything else is an error.
run() {
    local status=0
    (cd "$copy" && timeout --kill-after=5 "$patience" scripts/loom.sh "$1") >"$log" 2>&1 || status=$?
    case $status in
        0) grep -qE '^test result: ok\. [1-9]' "$log" || broken "the models *$1*" ;;
        124 | 137) return 3 ;;
        *)
            # A test failed, or took the process with it: a panic in a destructor, memory freed twice.
            grep -qE '^test result: FAILED|panicked at|SIGABRT|SIGSEGV' "$log" || broken "the models *$1*"
            return 1
            ;;
    esac
}

# The last model that was begun: with one thread, a model whose failure ends the process is that one.
failed() {
    local names
    names=$(sed -nE 's/^test ([a-z_:]+) \.\.\. FAILED.*/\1/p' "$log" | paste -sd' ')
    [[ -n $names ]] || names=$(sed -nE 's/^test ([a-z_:]+) \.\.\..*/\1/p' "$log" | tail -1)
    printf '%s' "${names:-a model}"
}

build "the unchanged copy"
run models:: || broken "the unchanged copy"
echo "the unchanged copy is green"

count=0 missed=0
while read -r file line nth what into; do
    count=$((count + 1))
    printf '%-18s %4s  %-14s -> %-8s ' "$file" "$line" "$what" "$into"
    weaken "$source/$file" "$line" "$nth" "$into" >"$copy/$source/$file"
    if cmp -s "$source/$file" "$copy/$source/$file"; then
        echo "$file:$line: nothing changed; mend this script" >&2
        exit 2
    fi
    build "$file:$line"
    status=0
    for filter in "$(models_of "$file")" models::; do
        status=0
        run "$filter" || status=$?
        [[ $status == 0 ]] || break
    done
    case $status in
        0)
            printf 'NOT NOTICED   %s\n' "$(sed -n "${line}s/^ *//p" "$source/$file")"
            missed=$((missed + 1))
            ;;
        1) printf '%s\n' "$(failed)" ;;
        3)
            printf 'TIMEOUT in %s\n' "$(failed)"
            missed=$((missed + 1))
            ;;
    esac
    cp "$source/$file" "$copy/$source/$file"
done <<<"$sites"
printf '%s weakenings, %s not noticed\n' "$count" "$missed"
[[ $missed == 0 ]]
