#!/usr/bin/env bash
# The whole test: form, lints, then every test on SQLite and on a private PostgreSQL.
# Arguments go to `cargo test`; BATON_TEST_POSTGRES names a server to use instead.
set -euo pipefail
cd "$(dirname "$0")/.."
# Errors say where they are from; behind a trace of the runtime nobody finds them.
export RUST_LIB_BACKTRACE=0

cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- -D warnings

if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
  scripts/setup.sh
  # A state of its own, so that two runs do not stop each other's server.
  BATON_POSTGRES_STATE=$(mktemp -d)
  export BATON_POSTGRES_STATE
  trap 'scripts/postgres.sh stop; rm -rf "$BATON_POSTGRES_STATE"' EXIT
  trap 'exit 130' INT TERM
  BATON_TEST_POSTGRES=$(scripts/postgres.sh start)
  export BATON_TEST_POSTGRES
fi

# Tests of faults start and kill the real program.
cargo build --quiet --package baton
cargo test --workspace "$@"
# The same list of rules on Valkey, where there is one.
if command -v valkey-server >/dev/null 2>&1; then
  BATON_TEST_REDIS_SERVER=valkey-server cargo test --quiet --package baton --lib coordinator::
else
  echo "SKIPPED on Valkey: there is no valkey-server"
fi
# The phone core in the languages of the apps, against the real server, and what is shipped of it.
languages=(python kotlin)
if scripts/mobile/swift.sh --cached >/dev/null; then
  languages+=(swift)
else
  echo "SKIPPED in Swift: its tools are not here; make proof brings them"
fi
bindings/suites/run.sh "${languages[@]}"
bindings/packaging/check.sh wheel apple
# The main job, seen from outside.
cargo run --quiet --package baton -- demo --once
scripts/demo-cluster.sh --once
# The figures are another matter, but what measures them has to work.
for scenario in 'ingest --agents 3 --rate 20 --posters 4 --workspaces 2 --preload 100 --contacts 9
    --seconds 1 --rounds 1' 'claim-storm --agents 5 --rounds 2' 'typing --agents 3 --rounds 2' \
  'fan-out --subscribers 9,30 --events 10' 'open --messages 400 --opens 3 --rounds 1' \
  'idle --sessions 20 --rounds 1' 'fan-out --subscribers 9 --events 10 --nodes 2' \
  'reconnect-storm --clients 12 --events 50,200 --rounds 1' \
  'reconnect-storm --clients 12 --events 50 --rounds 1 --nodes 2' 'lease --count 20 --kills 1' \
  'cross-node --pings 20 --messages 5'; do
  # Without peers: nothing has to be installed for a test.
  # shellcheck disable=SC2086 # words, on purpose
  cargo run --quiet --package baton-load -- --quiet --without-peers \
    --postgres "$BATON_TEST_POSTGRES" $scenario
done
