#!/usr/bin/env bash
# Runs a target of fuzz/ with libFuzzer, on the stable compiler. It begins with the examples of the
# wire and with recorded payloads. An input that breaks a target is kept in fuzz/found/TARGET, and
# every test run plays it again.
#
#   scripts/fuzz.sh TARGET [SECONDS]   one of them (default 60 s)
#   scripts/fuzz.sh --build            compiles only
#   scripts/fuzz.sh --list             the targets
#
# BATON_FIXTURES  where recorded payloads lie (default ../shared/fixtures)
# BATON_BUILT     1: compiles nothing
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(webhook frame cursor page signature answer push)
# No input takes longer than this, nor more memory.
timeout_s=5
memory_mb=1024
# A webhook of Meta has 3 MB at most; what breaks a parser is short.
bytes_max=65536

if [ "${1:-}" = --list ]; then
  printf '%s\n' "${targets[@]}"
  exit
fi
fail() { echo "fuzz.sh: $1" >&2; exit 2; }
target=${1:?which target}
[ "$target" = --build ] || [[ " ${targets[*]} " == *" $target "* ]] ||
  fail "there is no target $target; they are: ${targets[*]}"
seconds=${2:-60}
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# libFuzzer wants each branch and comparison counted; `--target` keeps that out of build scripts.
if [ "${BATON_BUILT:-}" != 1 ]; then
  flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
  for what in inline-8bit-counters pc-table trace-compares; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$what"
  done
  # Versions stand once, in the workspace; what the runner alone has is added to them.
  cp Cargo.lock fuzz/runner/Cargo.lock
  RUSTFLAGS="$flags -Ccodegen-units=16" CARGO_TARGET_DIR=$built \
    cargo build --quiet --manifest-path fuzz/runner/Cargo.toml --target "$host"
fi
[ "$target" != --build ] || exit 0

program=$built/$host/debug/fuzz
corpus=$built/corpus/$target
found=fuzz/found/$target
mkdir -p "$corpus"
export BATON_FUZZ_TARGET=$target
export BATON_FIXTURES=${BATON_FIXTURES:-$(realpath -m ../shared/fixtures)}
BATON_FUZZ_SEEDS=$corpus "$program"
log=$built/$target.log
ended=0
mkdir -p "$built/found"
RUST_BACKTRACE=0 "$program" "$corpus" -max_total_time="$seconds" -timeout=$timeout_s \
  -rss_limit_mb=$memory_mb -max_len=$bytes_max -artifact_prefix="$built/found/$target-" \
  -print_final_stats=1 >"$log" 2>&1 || ended=$?
if [ $ended -ne 0 ]; then
  tail -n 40 "$log" >&2
  mkdir -p "$found"
  find "$built/found" -name "$target-*" -exec mv {} "$found/" \;
  echo "fuzz.sh: $target broke; the input is in $found" >&2
  exit 1
fi
stat() { sed -n "s/^stat::$1: *//p" "$log"; }
covered=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)
echo "$target: $(stat number_of_executed_units) inputs in $seconds s, $covered, at most" \
  "$(stat peak_rss_mb) MB, nothing broke"
