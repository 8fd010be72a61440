#!/usr/bin/env bash
# Proves the phone core in the languages of its bindings: each plays the scenarios of SCENARIOS.md
# against a real server, in a world of its own (world.py). Where Kotlin and Swift are both played,
# an agent of each answers the same customer besides (collide.sh), scenario 37; else it is SKIPPED.
#
#   bindings/suites/run.sh python [kotlin] [swift]
#   bindings/suites/run.sh swift-if-cached       where its tools are here already, else SKIPPED
#
# A language is a file bindings/suites/<language>/run.sh, which is run in the world (BATON_WORLD)
# after the bindings were written to target/bindings. It prints `scenario NN ok` or
# `scenario NN FAILED: why` for each, and ends with 77, and its reason as the last line, where its
# tools cannot be had: that is SKIPPED, which is never passed.
#
# Ends with 1 when a scenario failed or is missing, or a suite ended badly for another reason; with
# 77 when all was skipped.
#
# BATON_SERVER  the server (default target/debug/baton, which is built)
# BATON_EXITS   how many processes the test of a process's end begins (default 20; 200 for a proof)
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
"" | -h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
for language in "${@%-if-cached}"; do
  [ -f "bindings/suites/$language/run.sh" ] ||
    { echo "run.sh: there is no suite for $language" >&2; exit 1; }
done

server=${BATON_SERVER:-${CARGO_TARGET_DIR:-target}/debug/baton}
[ -n "${BATON_SERVER:-}" ] || scripts/build.sh baton
scripts/mobile/bindgen.sh

said=$(mktemp "${TMPDIR:-/tmp}/suite.XXXXXX")
trap 'rm -f "$said"' EXIT
bad=0 played=' ' all_passed=0 all_failed=0

# `proven NAME "COMMAND…" SCENARIOS…`: what the command prints in the world, compared with these.
proven() {
  local name=$1 command=$2 code=0 passed=0 failed=0 number
  shift 2
  echo "== $name"
  # shellcheck disable=SC2086 # words, on purpose
  python3 bindings/suites/world.py --baton "$server" -- bash $command | tee "$said" || code=$?
  if [ $code -eq 77 ]; then
    echo "$name: SKIPPED: $(tail -n 1 "$said" | sed 's/^SKIPPED: //')"
    return
  fi
  played="$played$name "
  for number in "$@"; do
    # Each is told once: what failed and then passed has failed.
    if grep -qx "scenario $number ok" "$said" &&
      [ "$(grep -c "^scenario $number " "$said")" -eq 1 ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      grep -q "^scenario $number " "$said" || echo "scenario $number FAILED: it was not played"
    fi
  done
  if [ $failed -ne 0 ] || [ $code -ne 0 ]; then
    if [ $failed -eq 0 ]; then
      # What failed beside the scenarios is said again, where the last lines are read.
      grep ' FAILED' "$said" || true
      echo "$name: the suite ended with $code"
    fi
    bad=1
  fi
  echo "$name: $passed passed, $failed failed"
  all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed))
}

wanted=$(sed -n 's/^| \([0-9][0-9]\) |.*/\1/p' bindings/suites/SCENARIOS.md)
[ -n "$wanted" ] || { echo "run.sh: SCENARIOS.md names no scenario" >&2; exit 1; }
for asked in "$@"; do
  language=${asked%-if-cached}
  command=bindings/suites/$language/run.sh
  [ "$asked" = "$language" ] || command="$command --cached-only"
  # shellcheck disable=SC2086 # numbers, on purpose
  proven "$language" "$command" $wanted
done
missing=''
for language in kotlin swift; do
  [[ $played == *" $language "* ]] || missing="$missing $language"
done
if [ -z "$missing" ]; then
  proven "kotlin-and-swift" bindings/suites/collide.sh 37
else
  echo "kotlin-and-swift: SKIPPED: scenario 37 takes both, and this was not played:$missing"
fi
echo "$all_passed passed, $all_failed failed"
[ $bad -eq 0 ] || exit 1
[ "$played" != " " ] || exit 77
