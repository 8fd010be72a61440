#!/usr/bin/env bash
# Lints of everything: what scripts/build.sh was told while it compiled.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
warnings=target/warnings
[ -e "$warnings" ] || { echo "lint.sh: there is no clippy; rustup component add clippy" >&2; exit 1; }
[ ! -s "$warnings" ] || { cat "$warnings" >&2; exit 1; }
