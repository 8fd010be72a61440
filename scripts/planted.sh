#!/usr/bin/env bash
# Shows that each bug planted on purpose turns the tests red: those of decisions in interleavings,
# on SQLite and on a private PostgreSQL, and those of processes in runs under faults. `make test` has
# a shorter form.
#
# BATON_INTERLEAVINGS  how many are played at most for each bug (default 150)
# BATON_PLANTED_RUNS   how many runs under faults at most for each bug (default 12)
# BATON_TEST_POSTGRES  a server to use instead
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
  BATON_POSTGRES_STATE=$(mktemp -d)
  export BATON_POSTGRES_STATE
  trap 'scripts/postgres.sh stop; rm -rf "$BATON_POSTGRES_STATE"' EXIT
  trap 'exit 130' INT TERM
  BATON_TEST_POSTGRES=$(scripts/postgres.sh start)
  export BATON_TEST_POSTGRES
fi
scripts/build.sh

# `shows NAME WORD`: runs the test and shows its lines with the word. That it ran must be seen.
shows() {
  local said
  said=$(scripts/run-tests.sh world "$1" --exact --nocapture 2>&1) || { echo "$said" >&2; exit 1; }
  echo "$said" | grep "$2"
  echo "$said" | grep -q '1 passed' || { echo "planted.sh: $1 did not run" >&2; exit 1; }
}

shows engine::planted::every_planted_bug_turns_the_checker_red interleavings
export BATON_PLANTED_ALL=1
shows faults::cluster::every_bug_planted_in_a_process_turns_the_run_red 'found with\|^none'
