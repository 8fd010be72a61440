#!/usr/bin/env bash
# What needs no build: format, the repository's own rules (tidy), subjects of commits, and what is
# deployed, and the words.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/compiler.sh
cargo fmt --all --check
cargo test --quiet --locked -p baton-tidy
scripts/commits.sh
scripts/check-deploy.sh
if command -v node >/dev/null 2>&1; then
  node --test words/ >/dev/null || { node --test words/; exit 1; }
  node words/words.mjs --check
else
  echo "SKIPPED the words: there is no node"
fi
