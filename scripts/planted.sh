#!/usr/bin/env bash
# Builds with the planted bugs and shows that each alone turns the checker of the interleavings
# red, on SQLite and on a private PostgreSQL, or the run of whole processes under faults. Only the
# crates of this workspace are built anew.
#
# BATON_INTERLEAVINGS  how many are played at most for each bug (default 150)
# BATON_PLANTED_RUNS   how many runs under faults at most for each bug (default 12)
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

export BATON_PLANTED=1
# Errors say where they are from; behind a trace of the runtime nobody finds them.
export RUST_LIB_BACKTRACE=0

# `shows NAME WORD`: runs the test and shows its lines with the word. The test does not exist in
# other builds: that it ran must be seen.
shows() {
  local said
  said=$(cargo test --quiet --package baton-world --test it -- "$1" --exact --nocapture 2>&1) ||
    { echo "$said" >&2; exit 1; }
  echo "$said" | grep "$2"
  echo "$said" | grep -q '1 passed' || { echo "planted.sh: $1 did not run" >&2; exit 1; }
}

shows engine::planted::every_planted_bug_turns_the_checker_red interleavings
cargo build --quiet --package baton
shows faults::cluster::every_bug_planted_in_a_process_turns_the_run_red 'found with\|^none'
