#!/usr/bin/env bash
# Writes what is made of the server's types and routes: console/src/wire.ts, and the table of routes
# in docs/protocol.md. The unit tests of the server fail while one of them is stale.
#
#   scripts/edges.sh   builds if it has to, and shows what changed
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
BATON_ACCEPT_EDGES=1 scripts/run-tests.sh baton:lib http::description::tests::
git diff --stat -- console/src/wire.ts docs/protocol.md
