#!/usr/bin/env bash
# What needs no build: format, the repository's own rules (tidy), subjects of commits, and what is
# deployed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/compiler.sh
cargo fmt --all --check
cargo test --quiet --locked -p baton-tidy
scripts/commits.sh
scripts/check-deploy.sh
