#!/usr/bin/env bash
# Installs the peers that the load tests run beside Baton, as load-tests/peers/package-lock.json
# names them. Quiet and without effect where they are there; says SKIPPED where npm or node is not:
# the load tests run Baton alone then.
set -euo pipefail
cd "$(dirname "$0")/../load-tests/peers"

for program in node npm; do
  command -v $program >/dev/null 2>&1 ||
    { echo "peers: SKIPPED, $program is not there: Baton is measured alone" >&2; exit 0; }
done
[ node_modules/.package-lock.json -nt package-lock.json ] && exit 0
timeout 300 npm ci --ignore-scripts --no-audit --no-fund --silent >&2 ||
  { echo "peers: SKIPPED, npm ci failed: Baton is measured alone" >&2; exit 0; }
touch node_modules/.package-lock.json
