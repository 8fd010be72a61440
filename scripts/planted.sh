#!/usr/bin/env bash
# Shows that each bug planted on purpose turns the tests red: those of decisions in interleavings,
# on SQLite and on a private PostgreSQL, those of processes and of routing in runs under faults, and
# those of rules in the console, which plays the tables that `domain` writes. `make test` has a
# shorter form.
#
#   scripts/planted.sh           all of them
#   scripts/planted.sh --rules   those of rules alone: half a minute, without a database
#
# BATON_INTERLEAVINGS  how many are played at most for each bug (default 150)
# BATON_PLANTED_RUNS   how many runs under faults at most for each bug (default 12)
# BATON_TEST_POSTGRES  a server to use instead
set -euo pipefail
cd "$(dirname "$0")/.."

# `rules`: writes the tables with each bug in turn, has the console play them, and shows how many
# of its tests are red. Without a bug none is, and the tables are those that are kept.
rules() {
  local bug tables said red
  tables=$(mktemp -d)
  for bug in "" answered_by_anyone claimed_from_anyone snoozed_into_the_queue \
    follow_ups_are_plain follow_ups_outlive_the_answer; do
    BATON_RULES=$tables PLANTED_BUG=$bug scripts/run-tests.sh baton-domain:it as_it_is_written >"$tables.log" 2>&1 ||
      { cat "$tables.log" >&2; exit 1; }
    said=$(cd console && BATON_RULES=$tables NO_COLOR=1 npx vitest run src/rules.test.ts 2>&1) || true
    red=$(echo "$said" | sed -n 's/.*Tests *\([0-9]*\) failed.*/\1/p')
    echo "${bug:-none} planted: ${red:-0} tests of the console are red"
    if [ -z "$bug" ]; then
      diff -r "$tables" protocol/fixtures/rules >&2
      echo "$said" | grep -q 'Tests .*passed' || { echo "$said" >&2; exit 1; }
      [ -z "$red" ] || { echo "$said" >&2; exit 1; }
    elif [ -z "$red" ]; then
      echo "planted.sh: the console does not see $bug" >&2
      exit 1
    fi
  done
  rm -rf "$tables" "$tables.log"
}
if [ "${1:-}" = --rules ]; then
  scripts/build.sh
  rules
  exit 0
fi

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

if [ -d console/node_modules ]; then rules; else echo "SKIPPED the rules: no console/node_modules"; fi
shows engine::planted::every_planted_bug_turns_the_checker_red interleavings
export BATON_PLANTED_ALL=1
shows faults::cluster::every_bug_planted_in_a_process_turns_the_run_red 'found with\|^none'
shows faults::offers::every_bug_planted_in_routing_turns_its_run_red 'found with'
