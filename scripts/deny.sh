#!/usr/bin/env bash
# Licences, sources and doubled versions of the dependencies, as deny.toml says.
set -euo pipefail
cd "$(dirname "$0")/.."
if cargo deny --version >/dev/null 2>&1; then
    cargo deny --workspace check licenses bans sources
else
    echo "cargo-deny: not run (not installed; cargo install cargo-deny)"
fi
