#!/usr/bin/env bash
# Databases of a schema for tests/it/upgrades.rs: a team works for a moment on SQLite and on
# PostgreSQL, and what it leaves goes to tests/fixtures/schema. Run it with each release, before the
# changelog names the version; a test says when it was forgotten.
#
#   scripts/upgrade-fixture.sh          of the present schema, with a program built here
#   scripts/upgrade-fixture.sh BATON    of an earlier one, with its program
#
# BATON_TEST_POSTGRES  a PostgreSQL; without it a private one is started and stopped
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-}
if [ -z "$program" ]; then
  scripts/build.sh baton
  program=$(realpath -m "${CARGO_TARGET_DIR:-target}")/debug/baton
fi
if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
  BATON_POSTGRES_STATE=$(mktemp -d)/postgres
  export BATON_POSTGRES_STATE
  trap 'scripts/postgres.sh stop' EXIT
  BATON_TEST_POSTGRES=$(scripts/postgres.sh start)
  export BATON_TEST_POSTGRES
fi
python3 tests/upgrades/make.py "$program" tests/fixtures/schema
