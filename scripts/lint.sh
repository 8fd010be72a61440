#!/usr/bin/env bash
# Lints of everything, with the features of scripts/build.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo clippy --quiet --workspace --all-targets --no-default-features \
  --features baton-bindings/bindgen -- -D warnings
