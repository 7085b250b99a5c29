#!/usr/bin/env bash
# What a user of the macros sees in an editor: rust-analyzer is asked for completions, hovers, definitions and errors at
# the marks in tests/editor (docs/src/testing.md). First with the library as a neighbour on the disk, then with the
# library from elsewhere, as from crates.io, which rust-analyzer treats otherwise. Says so where there is no rust-analyzer.
#
#     scripts/ide.sh [part of the name of a function in tests/editor/src/main.rs; all marks if not given]
#
# RUST_ANALYZER   the program; else the `rust-analyzer` of the PATH
# PATIENCE        how many seconds it may take to load the crate, or to answer; 300 if not set
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=${CARGO_TARGET_DIR:-$root/target}/ide
case $work in
/*) ;;
*) work=$root/$work ;;
esac

# rustup has a `rust-analyzer` on the PATH in any case, which runs only if the component is there.
if [[ -n ${RUST_ANALYZER:-} ]]; then
    server=$RUST_ANALYZER
    if ! "$server" --version >/dev/null 2>&1; then
        echo "RUST_ANALYZER=$server does not run" >&2
        exit 2
    fi
else
    server=rust-analyzer
    if ! "$server" --version >/dev/null 2>&1; then
        echo "not run: rust-analyzer was not found (rustup component add rust-analyzer, or"
        echo "cargo install --locked ra_ap_rust-analyzer --version 0.0.330, and set RUST_ANALYZER to it)"
        exit 0
    fi
fi
for program in python3 git; do
    if ! command -v $program >/dev/null; then
        echo "not run: there is no $program"
        exit 0
    fi
done
# It comes with the toolchain, and not with every one.
if [[ ! -x $(rustc --print sysroot)/libexec/rust-analyzer-proc-macro-srv ]]; then
    echo "not run: the toolchain has no rust-analyzer-proc-macro-srv, which expands the macros"
    exit 0
fi
export CARGO_TARGET_DIR="$work/target"
"$server" --version

# With the versions of the lock file, nothing needs to be downloaded.
look() {
    cp "$root/Cargo.lock" "$1/Cargo.lock"
    (cd "$1" && cargo check --quiet)
    python3 "$root/scripts/ide.py" "$server" "$@"
}

failed=
echo "== as a neighbour"
look tests/editor "$@" || failed=yes

# A repository with the tree as it is now: what comes from one is a stranger's, too. Cargo's copy of it is not kept.
rm -rf "$work/elsewhere" "$work/editor" "$work/home"
mkdir -p "$work/elsewhere" "$work/editor/src" "$work/home"
git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null |
    tar -x -C "$work/elsewhere"
git -C "$work/elsewhere" init -q
git -C "$work/elsewhere" add -A
git -C "$work/elsewhere" -c user.name=ide -c user.email=ide@localhost commit -q -m "The tree"
cp tests/editor/src/main.rs "$work/editor/src/"
sed "s|path = \"../..\"|git = 'file://$work/elsewhere'|" tests/editor/Cargo.toml >"$work/editor/Cargo.toml"
for kept in registry config.toml; do
    ln -s "${CARGO_HOME:-$HOME/.cargo}/$kept" "$work/home/$kept"
done
export CARGO_HOME=$work/home
echo "== from elsewhere"
look "$work/editor" "$@" || failed=yes
[[ -z $failed ]]
