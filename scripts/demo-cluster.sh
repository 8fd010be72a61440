#!/usr/bin/env bash
# The demo on three nodes: on a private PostgreSQL that goes with it, and a Redis that the demo
# starts and kills by itself. BATON_DEMO_ONCE=1 plays and ends.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
# A state of its own, so that two runs do not stop each other's server.
BATON_POSTGRES_STATE=$(mktemp -d)
export BATON_POSTGRES_STATE
trap 'scripts/postgres.sh stop; rm -rf "$BATON_POSTGRES_STATE"' EXIT
trap 'exit 130' INT TERM
database=$(scripts/postgres.sh start)
scripts/build.sh baton
"${CARGO_TARGET_DIR:-target}/debug/baton" demo --cluster --database "$database" "$@"
