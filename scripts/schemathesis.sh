#!/usr/bin/env bash
# Asks every route of a server with a seeded team what its description allows, and what not, as
# admin, supervisor and agent: schemathesis from PyPI over /api/v1/openapi.json. No answer may be a
# 5xx, of a status or form that is not described, or given without a session where one is needed.
#
#   scripts/schemathesis.sh [EXAMPLES]   so many for each route and role (default 20)
#
# BATON_ROLES    which roles (default: admin supervisor agent)
# BATON_HELD     a file that keeps which routes held; they are not asked again
# BATON_MINUTES  begins no route after so many minutes, and ends with 75 if some are left
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
skip() { echo "SKIPPED the API by schemathesis: $1"; exit 0; }

examples=${1:-20}
case "$examples" in
'' | *[!0-9]*) echo "schemathesis.sh: how many examples?" >&2; exit 2 ;;
esac
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
command -v python3 >/dev/null 2>&1 || skip "there is no Python"
python=$built/schemathesis-$version/bin/python
if [ ! -x "${python%python}schemathesis" ]; then
  python3 -m venv "$built/schemathesis-$version" >/dev/null 2>&1 || skip "Python has no venv"
  "$python" -m pip install --quiet "schemathesis==$version" >"$built/schemathesis.log" 2>&1 ||
    skip "schemathesis $version cannot be had from PyPI"
fi
scripts/build.sh baton baton-simulator
exec "$python" tests/api/play.py "$built/debug" "$examples" "${BATON_ROLES:-admin supervisor agent}"
