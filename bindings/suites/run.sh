#!/usr/bin/env bash
# Proves the phone core in the languages of its bindings: each plays the scenarios of SCENARIOS.md
# against a real server, in the world of world.py.
#
#   bindings/suites/run.sh python [kotlin] [swift] …
#   bindings/suites/run.sh swift-if-cached       where its tools are here already, else SKIPPED
#
# A language is a file bindings/suites/<language>/run.sh, which is run in the world (BATON_WORLD)
# after the bindings were written to target/bindings. It prints `scenario NN ok` or
# `scenario NN FAILED: why` for each, and ends with 77, and its reason as the last line, where its
# tools cannot be had: that is SKIPPED, which is never passed.
#
# Ends with 1 when a scenario failed or is missing, or a suite ended badly for another reason.
#
# BATON        the server (default target/debug/baton, which is built)
# BATON_EXITS  how many processes the test of a process's end begins (default 20; 200 for a proof)
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
"" | -h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
for language in "${@%-if-cached}"; do
  [ -f "bindings/suites/$language/run.sh" ] ||
    { echo "run.sh: there is no suite for $language" >&2; exit 1; }
done

baton=${BATON:-${CARGO_TARGET_DIR:-target}/debug/baton}
[ -n "${BATON:-}" ] || cargo build --quiet --package baton
scripts/mobile/bindgen.sh

wanted=$(sed -n 's/^| \([0-9][0-9]\) |.*/\1/p' bindings/suites/SCENARIOS.md)
[ -n "$wanted" ] || { echo "run.sh: SCENARIOS.md names no scenario" >&2; exit 1; }
said=$(mktemp "${TMPDIR:-/tmp}/suite.XXXXXX")
trap 'rm -f "$said"' EXIT
bad=0
for asked in "$@"; do
  language=${asked%-if-cached}
  args=()
  [ "$asked" = "$language" ] || args=(--cached-only)
  echo "== $language"
  code=0
  python3 bindings/suites/world.py --baton "$baton" -- \
    bash "bindings/suites/$language/run.sh" "${args[@]}" | tee "$said" || code=$?
  if [ $code -eq 77 ]; then
    echo "$language: SKIPPED: $(tail -n 1 "$said")"
    continue
  fi
  passed=0 failed=0
  for number in $wanted; do
    # Each is told once: what failed and then passed has failed.
    if [ "$(grep -c "^scenario $number " "$said")" -eq 1 ] &&
      grep -qx "scenario $number ok" "$said"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      grep -q "^scenario $number " "$said" || echo "scenario $number FAILED: it was not played"
    fi
  done
  if [ $failed -eq 0 ] && [ $code -ne 0 ]; then
    echo "$language: the suite ended with $code"
  fi
  [ $failed -eq 0 ] && [ $code -eq 0 ] || bad=1
  echo "$language: $passed passed, $failed failed"
done
exit $bad
