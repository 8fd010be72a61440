#!/usr/bin/env bash
# Builds what runs on this machine, always with one profile and one set of features: program, tests,
# load tests, demo and bindings share whatever is compiled. Shows the compiler's progress.
#
#   scripts/build.sh           everything; target/test-programs lists the programs with tests, and
#                              target/warnings what compiler and clippy have to say
#   scripts/build.sh NAME…     programs: baton, baton-load; bindings: uniffi-bindgen and the library
#
# BATON_BUILT  1: everything is built already, nothing is done
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${BATON_BUILT:-}" != 1 ] || exit 0
. scripts/compiler.sh

# Features are those of all packages together, also where only one program is wanted.
build=(cargo build "${features[@]}")
if [ $# -gt 0 ]; then
  for name in "$@"; do
    case "$name" in
    # A library lies beside the programs only where it is asked for, and that is by all packages.
    bindings) build+=(--lib --bin uniffi-bindgen) ;;
    *) build+=(--bin "$name") ;;
    esac
  done
  exec "${build[@]}"
fi
mkdir -p target
rm -f target/test-programs target/warnings
messages=json
[ ! -t 2 ] || messages+=,json-diagnostic-rendered-ansi
"${build[@]}" --all-targets --message-format="$messages" |
  scripts/built.py target/test-programs target/warnings
[ -s target/test-programs ] || { echo "build.sh: no test was built" >&2; exit 1; }
# Without clippy nothing was linted.
[ -n "${RUSTC_WORKSPACE_WRAPPER:-}" ] || rm target/warnings
