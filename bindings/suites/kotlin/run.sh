#!/usr/bin/env bash
# Plays the scenarios through the Kotlin layer and prints a line for each. In the world at
# BATON_WORLD; where there is none, in one of its own. 77 and "SKIPPED: reason" where there is no
# Kotlin and none can be had.
#
#   bindings/suites/kotlin/run.sh [NN …]     all scenarios, or these; without numbers the tests of
#                                            the layer over its fake as well
#   bindings/suites/kotlin/run.sh collide ROLE CONVERSATION TEXT
#   bindings/suites/kotlin/run.sh --build    only brings the tools and compiles
#   bindings/suites/kotlin/run.sh --layer    of that only what an app needs, without tests
#
# BATON_SERVER   the server (default target/debug/baton)
# BATON_LIBRARY  a directory with libbaton_core.so, of which target/bindings/kotlin was generated
#                (default: both are made)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

built=${CARGO_TARGET_DIR:-target}/debug
out=target/suites/kotlin
mkdir -p "$out"
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"

# `compiled NAME CLASSPATH FLAGS SOURCES…`: a jar of these sources, again only when something of it
# changed.
compiled() {
  local jar=$out/$1.jar sums classpath=$2 flags=$3
  shift 3
  sums=$({ echo "$KOTLINC $classpath"; find "$@" -name '*.kt' -print0 | sort -z | xargs -0 sha256sum
    for part in ${classpath//:/ }; do [ "${part#target/}" = "$part" ] || sha256sum "$part"; done
  } | sha256sum)
  if [ ! -e "$jar" ] || [ "$(cat "$jar.sum" 2>/dev/null)" != "$sums" ]; then
    echo "kotlin: compiling ${jar##*/}" >&2
    rm -f "$jar" "$jar.sum"
    # shellcheck disable=SC2086 # words, on purpose
    "$KOTLINC" $flags -cp "$classpath" -d "$jar" "$@" >"$jar.log" 2>&1 ||
      { cat "$jar.log" >&2; exit 1; }
    echo "$sums" >"$jar.sum"
  fi
}

builds() {
  [ -n "${BATON_LIBRARY:-}" ] || scripts/mobile/bindgen.sh >&2
  compiled generated "$KOTLIN_CP" "" target/bindings/kotlin
  compiled layer "$KOTLIN_CP:$out/generated.jar" -Werror bindings/kotlin/src/main
  [ "$1" != --layer ] || return 0
  compiled testing "$KOTLIN_CP:$out/generated.jar:$out/layer.jar" -Werror bindings/kotlin/src/testing
  compiled tests "$KOTLIN_CP:$JUNIT:$out/generated.jar:$out/layer.jar:$out/testing.jar" -Werror \
    bindings/kotlin/src/test
  compiled suite "$KOTLIN_CP:$out/generated.jar:$out/layer.jar" -Werror bindings/suites/kotlin/src
  compiled sample "$KOTLIN_CP:$out/generated.jar:$out/layer.jar" -Werror \
    bindings/samples/android/app/src/main/kotlin/app/baton/sample/model
}

if [ "${1:-}" != collide ] || [ ! -e "$out/suite.jar" ]; then
  exec {lock}>"$out/lock"
  flock "$lock"
  builds "${1:-}"
  exec {lock}>&-
fi
case "${1:-}" in --build | --layer) exit ;; esac

# shellcheck disable=SC2086 # words, on purpose
play=("$JAVA" $JNA_FLAGS -Xmx512m "-Djna.library.path=${BATON_LIBRARY:-$built}"
  -cp "$out/suite.jar:$out/layer.jar:$out/generated.jar:$KOTLIN_CP" app.baton.suite.MainKt "$@")
# The layer over its fake: no core and no world.
tests_of_layer() {
  local log=$out/tests.log
  "$KOTLIN_TEST" "$out/tests.jar:$out/testing.jar:$out/layer.jar:$out/generated.jar" >"$log" 2>&1 ||
    { cat "$log" >&2; return 1; }
  echo "the layer: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
}
[ $# -ne 0 ] || tests_of_layer
if [ -n "${BATON_WORLD:-}" ]; then
  exec "${play[@]}"
fi
exec python3 bindings/suites/world.py --baton "${BATON_SERVER:-$built/baton}" -- "${play[@]}"
