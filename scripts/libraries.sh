#!/usr/bin/env bash
# Two clients of the Cloud API that others wrote, one from PyPI and one from npm, send everything
# they can to the simulator, and what is wrong; they read its webhooks. Prints the table of
# docs/runs/libraries.md, and ends with 1 where something is taken or refused that Meta would not.
#
#   scripts/libraries.sh
set -euo pipefail
cd "$(dirname "$0")/.."

pywa=4.5.0
kapso=0.3.0
skip() { echo "SKIPPED the libraries of others: $1"; exit 0; }

built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
home=$built/libraries-$pywa-$kapso
command -v python3 >/dev/null 2>&1 || skip "there is no Python"
command -v npm >/dev/null 2>&1 || skip "there is no npm"
if [ ! -e "$home/done" ]; then
  mkdir -p "$home"
  python3 -m venv "$home/python" >/dev/null 2>&1 || skip "Python has no venv"
  "$home/python/bin/python" -m pip install --quiet "pywa==$pywa" >"$home/pip.log" 2>&1 ||
    skip "pywa $pywa cannot be had from PyPI"
  npm install --silent --ignore-scripts --prefix "$home/node" "@kapso/whatsapp-cloud-api@$kapso" \
    >"$home/npm.log" 2>&1 || skip "@kapso/whatsapp-cloud-api $kapso cannot be had from npm"
  touch "$home/done"
fi
scripts/build.sh baton-simulator
exec "$home/python/bin/python" tests/libraries/play.py "$built/debug/baton-simulator" \
  "$home/node/node_modules"
