#!/usr/bin/env bash
# Runs tests that scripts/build.sh built, as `cargo test` would, without asking cargo: lints or
# other tests may go beside them.
#
#   scripts/run-tests.sh units [ARGUMENT…]     all but the end-to-end tests
#   scripts/run-tests.sh world [ARGUMENT…]     the end-to-end tests
#   scripts/run-tests.sh PACKAGE:KIND [ARGUMENT…]   one line of target/test-programs
set -euo pipefail
cd "$(dirname "$0")/.."
# Errors say where they are from; behind a trace of the runtime nobody finds them.
export RUST_LIB_BACKTRACE=0

wanted=${1:?which tests}
shift
ran=0
while IFS=$'\t' read -r name directory program; do
  case "$wanted" in
  # Tidy reads the repository: scripts/form.sh runs it.
  units) [[ "$name" != baton-world:it && "$name" != baton-tidy:* ]] || continue ;;
  world) [ "$name" = baton-world:it ] || continue ;;
  *) [ "$name" = "$wanted" ] || continue ;;
  esac
  ran=$((ran + 1))
  echo "== $name $*"
  (cd "$directory" && CARGO_MANIFEST_DIR=$directory "$program" "$@")
done <target/test-programs
[ $ran -gt 0 ] || { echo "run-tests.sh: there are no tests $wanted" >&2; exit 1; }
