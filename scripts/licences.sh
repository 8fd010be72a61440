#!/usr/bin/env bash
# Checks licences, sources and banned crates by deny.toml, where cargo-deny is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! cargo deny --version >/dev/null 2>&1; then
  echo "SKIPPED licences, sources and bans: there is no cargo-deny (cargo install --locked cargo-deny)"
  exit
fi
cargo deny check bans licenses sources
