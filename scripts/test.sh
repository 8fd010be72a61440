#!/usr/bin/env bash
# The whole test: form, lints, every test on SQLite and on a private PostgreSQL, the phone core in
# its languages, the demo, and each load test once with small counts. Prints its stages with their
# times; the log of each is in target/stages/test.
#
# BATON_TEST_POSTGRES  a server of PostgreSQL to use instead
# BATON_KEEP           no: plays also what passed on the same before
# BATON_RUNS_AT_ONCE   what runs with faults side by side may weigh (default 1: one after the other)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/stages.sh
. scripts/compiler.sh

# What no program reads, and what only the console or the app is made of.
pages=(. ':!docs/runs' ':!docs/internals' ':!docs/adr' ':!docs/proof.md' ':!docs/glossary.md'
  ':!ARCHITECTURE.md' ':!CONTRIBUTING.md' ':!tidy' ':!fuzz' ':!.github' ':!deploy')
of_console=(':!console/e2e' ':!console/src/*.svelte' ':!console/src/*.css' ':!words')
of_app=(':!apps')
of_phones=(':!mobile-core' ':!bindings' ':!apps' ':!load-tests' ':!tests')

# What else asks cargo, which lets one go at a time; then the load tests, and the phone core in
# Python.
others() {
  kept doc-tests "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- cargo test --quiet "${features[@]}" --doc
  stage supply-chain scripts/supply-chain.sh
  kept load-tests "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- loads
  # Its server writes facts of a later version: what was built today has to bear tomorrow.
  kept python "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- \
    env PLANTED_BUG=facts_of_the_future bindings/suites/run.sh python
}

# These mostly wait. Half of them play on each store here.
faults() {
  kept faults "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- \
    env BATON_TEST_HALVES=1 scripts/run-tests.sh world faults:: phone_core:: --test-threads=8
}

# So does what is seen from outside: the demo, the apps.
outside() {
  stage valkey valkey
  kept demo "${pages[@]}" "${of_app[@]}" -- demo
  languages
}

# The same list of rules on Valkey, where there is one.
valkey() {
  command -v valkey-server >/dev/null 2>&1 ||
    { echo "SKIPPED on Valkey: there is no valkey-server"; return 0; }
  BATON_TEST_REDIS_SERVER=valkey-server scripts/run-tests.sh baton:lib coordinator::
}

# While everything is compiled: what needs nothing of it. The console's checks take what time is left
# over.
tools() {
  stage kotlin-tools kotlin_tools
  [ ! -x scripts/console.sh ] ||
    kept console console words protocol scripts docs -- nice -n 19 scripts/console.sh
}

kotlin_tools() {
  scripts/mobile/kotlin.sh || [ $? -eq 77 ]
}

# The phone core in the languages of the apps, against the real server, and what is shipped of it.
languages() {
  local names=(kotlin)
  if scripts/mobile/swift.sh --cached >/dev/null; then names+=(swift); fi
  kept languages "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- suites "${names[@]}"
  kept packaging "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- \
    bindings/packaging/check.sh wheel apple
  kept app "${pages[@]}" ':!console/e2e' -- app
}

# The app over fakes, one picture of each kind, then one flow with the real core. Where its jars cannot
# be had, that is said.
app() {
  local code=0
  scripts/app.sh test || code=$?
  [ "$code" -eq 77 ] || [ "$code" -eq 0 ] || return "$code"
  [ "$code" -eq 77 ] || { scripts/app.sh golden --few && scripts/app.sh flows "signed in"; }
}

suites() {
  local code=0
  [[ " $* " == *" swift "* ]] ||
    echo "SKIPPED in Swift: its tools are not here; make proof brings them"
  bindings/suites/run.sh "$@" || code=$?
  # Where no tools of any can be had, that is said, and is no failure.
  [ "$code" -eq 77 ] || return "$code"
}

# The main job, seen from outside.
demo() {
  "$built/baton" demo --once --bind 127.0.0.1:0
  scripts/demo-cluster.sh --once
}

# The figures are another matter, but what measures them has to work. Without peers: nothing has to
# be installed for a test.
load() {
  "$built/baton-load" --quiet --without-peers --postgres "$BATON_TEST_POSTGRES" "$@"
}

loads() {
  load ingest --agents 3 --rate 20 --posters 4 --workspaces 2 --preload 100 --contacts 9 \
    --seconds 1 --rounds 1
  load claim-storm --agents 5 --rounds 2
  load typing --agents 3 --rounds 2
  load fan-out --subscribers 9,30 --events 10
  load open --messages 400 --opens 3 --rounds 1
  load growth --messages 500,1000 --asks 20
  load soak --seconds 4 --parts 2 --rate 10 --agents 3
  load idle --sessions 20 --rounds 1
  load fan-out --subscribers 9 --events 10 --nodes 2
  load reconnect-storm --clients 12 --events 50,200 --rounds 1
  load reconnect-storm --clients 12 --events 50 --rounds 1 --nodes 2
  load lease --count 20 --kills 1
  load cross-node --pings 20 --messages 5
  load verify --events 2000 --rounds 1
  load stalled --workspaces 4 --rate 20 --contacts 3 --seconds 1 --rounds 1
  load rules --posters 4 --contacts 20 --seconds 1 --rounds 1 --groups 10
  load routing --agents 4 --waiting 40 --offered 12 --answer 0,200 --posters 4 --rate 20 \
    --contacts 9 --seconds 1 --rounds 1
  load pushes --phones 20 --rate 20 --seconds 1 --waiting 2
}

# Tests make and drop hundreds of databases. Where there is memory enough, temporary files are kept
# in it: a database costs half as much there.
in_memory() {
  local old free available place=/dev/shm/baton-test.$$
  for old in /dev/shm/baton-test.*; do
    # A run that was killed leaves its directory.
    if [ -O "$old" ] && ! kill -0 "${old##*.}" 2>/dev/null; then rm -rf "$old"; fi
  done
  free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || true
  available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null) || true
  [ "${free:-0}" -gt 3000000 ] && [ "${available:-0}" -gt 6000000 ] || return 0
  mkdir "$place" || return 0
  # PostgreSQL runs as another user.
  chmod 711 "$place"
  # Some tests make programs; there are systems that run none from here.
  install -m 700 /dev/null "$place/program"
  [ -x "$place/program" ] || return 0
  export TMPDIR=$place
}

at_end() {
  [ -z "${own_postgres:-}" ] || scripts/postgres.sh stop
  [ -z "${own_postgres:-}" ] || scripts/s3.sh stop
  rm -rf ${own_postgres:+"$BATON_POSTGRES_STATE"} "/dev/shm/baton-test.$$"
}

built=${CARGO_TARGET_DIR:-target}/debug
export BATON_RUNS_AT_ONCE=${BATON_RUNS_AT_ONCE:-1}
begin_stages test
# First: it brings what some of the checks of form need.
stage set-up scripts/setup.sh
stage form scripts/form.sh
lane tools
shown compile scripts/build.sh
export BATON_BUILT=1
stage lints scripts/lint.sh
trap at_end EXIT
in_memory
if [ -z "${BATON_TEST_POSTGRES:-}" ] && [ ! -e "$stages/failed" ]; then
  # A state of its own, so that two runs do not stop each other's server.
  BATON_POSTGRES_STATE=$(mktemp -d)
  export BATON_POSTGRES_STATE
  own_postgres=yes
  BATON_TEST_POSTGRES=$(scripts/postgres.sh start)
  export BATON_TEST_POSTGRES
  stage schema scripts/postgres.sh schema "$built/baton"
  # Where it cannot be had, tests of it say SKIPPED.
  if [ -z "${BATON_TEST_S3:-}" ] && BATON_TEST_S3=$(scripts/s3.sh start); then
    export BATON_TEST_S3
  fi
fi
if [ -z "${BATON_TEST_STANDARD_WEBHOOKS:-}" ] && [ ! -e "$stages/failed" ]; then
  BATON_TEST_STANDARD_WEBHOOKS=$(scripts/standard-webhooks.sh)
  # Where they cannot be had, the test of them says SKIPPED.
  if [ -n "$BATON_TEST_STANDARD_WEBHOOKS" ]; then export BATON_TEST_STANDARD_WEBHOOKS; fi
fi
# Once, before two suites look at them side by side.
stage bindings scripts/mobile/bindgen.sh
lane others
lane faults
lane outside
kept units "${pages[@]}" "${of_app[@]}" -- scripts/run-tests.sh units --test-threads=4
# A rule's way through the server is played on one store here, half of them on each; `make proof`
# plays all on both.
kept end-to-end "${pages[@]}" "${of_console[@]}" "${of_app[@]}" -- \
  env BATON_TEST_HALVES=1 scripts/run-tests.sh world --skip=faults:: \
  --skip=phone_core:: --test-threads=5
wait_lanes
# Alone: browsers take what there is, and the tests before them judge by the clock.
kept journeys "${pages[@]}" "${of_phones[@]}" -- scripts/console.sh journeys
end_stages
