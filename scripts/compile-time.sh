#!/usr/bin/env bash
# What `#[delayed]` costs at compile time: the wall of `cargo check` and of a debug `cargo build`, for functions with
# bodies of ten lines, each called once, against the same functions without the attribute. Dependencies are built
# before; incremental compilation is off; linking is included; the median of five counts.
#
#     scripts/compile-time.sh [functions, 300 if not given] [rounds, 5 if not given]
#
# The bounds: check at most 3 times, debug build at most 4 times that of the plain functions. Exit code 1 if over.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
functions=${1:-300}
rounds=${2:-5}
work=${CARGO_TARGET_DIR:-$root/target}/compile-time
case $work in
/*) ;;
*) work=$root/$work ;;
esac
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target"
unset RUSTFLAGS

# One program: `plain` or `delayed`.
program() {
    awk -v functions="$functions" -v kind="$1" '
    function body(i) {
        print "    let mut state = " i % 17 " + start;"
        print "    for step in 0..8 {"
        print "        if state % 3 == step % 3 {"
        print "            state = state * 5 + step;"
        print "        } else {"
        print "            state -= " i % 7 " * step;"
        print "        }"
        print "    }"
        print "    let text = format!(\"{state} {}\", state.count_ones());"
        print "    let len = text.len() as i64;"
    }
    BEGIN {
        attribute = kind == "delayed" ? "#[delayed]\n" : ""
        if (kind == "delayed") print "use delayed::prelude::*;\n"
        print "#[derive(Clone)]\nstruct Model {\n    weight: i64,\n}\n"
        for (i = 0; i < functions; i++) {
            shape = i % 6
            printf "%s", attribute
            if (shape == 0) {
                print "fn f" i "(start: i64, by: i64) -> i64 {"; body(i); print "    state + by * len\n}\n"
            } else if (shape == 1) {
                print "fn f" i "(name: &str, start: i64) -> String {"; body(i); print "    format!(\"{name} {len} {state}\")\n}\n"
            } else if (shape == 2) {
                print "fn f" i "(xs: &[i64], start: i64) -> i64 {"; body(i); print "    xs.iter().sum::<i64>() + state + len\n}\n"
            } else if (shape == 3) {
                print "fn f" i "(model: &Model, start: i64) -> i64 {"; body(i); print "    model.weight * state + len\n}\n"
            } else if (shape == 4) {
                print "fn f" i "(xs: Vec<i64>, start: i64) -> Vec<i64> {"; body(i); print "    xs.into_iter().map(|x| x + state + len).collect()\n}\n"
            } else {
                print "fn f" i "(name: &str, start: i64) -> Result<i64, String> {"; body(i); print "    if len > 99 { Err(name.to_owned()) } else { Ok(state) }\n}\n"
            }
        }
        print "fn main() {"
        # Handles go where the plain program has values, as in a real graph.
        n = kind == "delayed" ? "value(7)" : "7"
        print "    let mut numbers = Vec::new();\n    let mut texts = Vec::new();\n    let mut lists = Vec::new();"
        for (i = 0; i < functions; i++) {
            shape = i % 6
            start = i % 12 < 6 ? i : n
            if (shape == 0) print "    numbers.push(f" i "(" start ", " i "));"
            if (shape == 1) print "    texts.push(f" i "(\"name\", " start "));"
            if (shape == 2) print "    numbers.push(f" i "(" (kind == "delayed" ? "[1, 2]" : "&[1, 2]") ", " start "));"
            if (shape == 3) print "    numbers.push(f" i "(" (kind == "delayed" ? "" : "&") "Model { weight: " i " }, " start "));"
            if (shape == 4) print "    lists.push(f" i "(vec![1, 2], " start "));"
            if (shape == 5) print "    numbers.push(f" i "(\"name\", " start ")" (kind == "delayed" ? "" : ".unwrap()") ");"
        }
        if (kind == "delayed") print "    let (numbers, texts, lists) = delayed::compute((numbers, texts, lists)).unwrap();"
        print "    let total = numbers.iter().fold(0_i64, |sum, x| sum.wrapping_add(*x));"
        print "    println!(\"{total} {} {}\", texts.len(), lists.len());\n}"
    }'
}

crate() {
    mkdir -p "$work/$1/src"
    program "$1" >"$work/$1/src/main.rs"
    {
        printf '[package]\nname = "%s-functions"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n' "$1"
        if [ "$1" = delayed ]; then printf 'delayed = { path = "%s" }\n' "$root"; fi
    } >"$work/$1/Cargo.toml"
}

# The wall of one command in seconds.
wall() {
    local TIMEFORMAT=%R
    { time "$@" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }; } 2>&1
}

median() {
    sort -n | awk '{ all[NR] = $1 } END { print NR % 2 ? all[(NR + 1) / 2] : (all[NR / 2] + all[NR / 2 + 1]) / 2 }'
}

crate plain
crate delayed
printf '[workspace]\nresolver = "3"\nmembers = ["plain", "delayed"]\n' >"$work/Cargo.toml"
if [ -e Cargo.lock ]; then cp Cargo.lock "$work/Cargo.lock"; fi
cd "$work"
for command in check build; do
    cargo "$command" --quiet
done
plain=$("$CARGO_TARGET_DIR/debug/plain-functions")
delayed=$("$CARGO_TARGET_DIR/debug/delayed-functions")
if [ "$plain" != "$delayed" ]; then
    echo "the two programs differ: $plain against $delayed" >&2
    exit 1
fi

over=0
echo "$functions functions, median of $rounds"
for command in check build; do
    for kind in plain delayed; do : >"$work/$command-$kind"; done
    for ((round = 0; round < rounds; round++)); do
        for kind in plain delayed; do
            touch "$kind/src/main.rs"
            wall cargo "$command" -p "$kind-functions" >>"$work/$command-$kind"
        done
    done
    plain=$(median <"$work/$command-plain")
    delayed=$(median <"$work/$command-delayed")
    bound=3
    if [ "$command" = build ]; then bound=4; fi
    awk -v command="$command" -v plain="$plain" -v delayed="$delayed" -v functions="$functions" -v bound="$bound" 'BEGIN {
        ratio = delayed / plain
        printf "%-5s  plain %.2f s  delayed %.2f s  ratio %.2f (at most %d)  %.2f ms a function\n",
            command, plain, delayed, ratio, bound, (delayed - plain) * 1000 / functions
        exit ratio > bound
    }' || over=1
done
exit "$over"
