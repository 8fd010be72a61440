#!/usr/bin/env bash
# The libraries of Standard Webhooks from PyPI and npm: puts them beside the build, and prints the
# directory for BATON_TEST_STANDARD_WEBHOOKS. Prints nothing where they cannot be had, and says why.
#
#   scripts/standard-webhooks.sh         installs them, if they are not there
#   scripts/standard-webhooks.sh test    lets them judge the requests of the server
set -euo pipefail
cd "$(dirname "$0")/.."

python=1.1.0
node=1.1.1
skip() { echo "SKIPPED the libraries of Standard Webhooks: $1" >&2; exit 0; }

home=$(realpath -m "${CARGO_TARGET_DIR:-target}")/standard-webhooks-$python-$node
command -v python3 >/dev/null 2>&1 || skip "there is no Python"
command -v npm >/dev/null 2>&1 || skip "there is no npm"
if [ ! -e "$home/done" ]; then
  mkdir -p "$home"
  python3 -m venv "$home/python" >/dev/null 2>&1 || skip "Python has no venv"
  timeout 300 "$home/python/bin/python" -m pip install --quiet "standardwebhooks==$python" \
    >"$home/pip.log" 2>&1 || skip "standardwebhooks $python cannot be had from PyPI"
  timeout 300 npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$home/node" \
    "standardwebhooks@$node" >"$home/npm.log" 2>&1 ||
    skip "standardwebhooks $node cannot be had from npm"
  touch "$home/done"
fi
if [ "${1:-}" != test ]; then
  echo "$home"
  exit
fi
scripts/build.sh
BATON_TEST_STANDARD_WEBHOOKS=$home scripts/run-tests.sh baton:lib \
  jobs::outward::tests::libraries:: --nocapture
