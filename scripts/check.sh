#!/usr/bin/env bash
# The quick check: form, lints, and the tests that start no server and no cluster, on SQLite.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/stages.sh

units() {
  stage units scripts/run-tests.sh units --skip=redis
  [ ! -x scripts/console.sh ] || stage console scripts/console.sh fast
}

supply_chain() {
  stage supply-chain nice scripts/supply-chain.sh
}

# Neither PostgreSQL nor Redis: whatever needs them says so and passes over it.
unset BATON_TEST_POSTGRES
begin_stages check
stage form scripts/form.sh
shown compile scripts/build.sh
export BATON_BUILT=1
stage lints scripts/lint.sh
lane units
lane supply_chain
stage end-to-end scripts/run-tests.sh world --skip=faults:: --skip=phone_core:: \
  --skip=push_operator::
end_stages
