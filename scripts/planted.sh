#!/usr/bin/env bash
# Builds with the planted bugs and shows that each alone turns the checker of the interleavings
# red, on SQLite and on a private PostgreSQL. Only the crates of this workspace are built anew.
#
# BATON_INTERLEAVINGS  how many are played at most for each bug (default 150)
# BATON_TEST_POSTGRES  a server to use instead
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
  scripts/setup.sh
  BATON_POSTGRES_STATE=$(mktemp -d)
  export BATON_POSTGRES_STATE
  trap 'scripts/postgres.sh stop; rm -rf "$BATON_POSTGRES_STATE"' EXIT
  trap 'exit 130' INT TERM
  BATON_TEST_POSTGRES=$(scripts/postgres.sh start)
  export BATON_TEST_POSTGRES
fi

said=$(BATON_PLANTED=1 cargo test --quiet --package baton-world --test it \
  engine::planted::every_planted_bug_turns_the_checker_red -- --exact --nocapture 2>&1) ||
  { echo "$said" >&2; exit 1; }
echo "$said" | grep interleavings
# The test does not exist in other builds: that it ran must be seen.
echo "$said" | grep -q '1 passed' || { echo "planted.sh: the test did not run" >&2; exit 1; }
