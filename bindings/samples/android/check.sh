#!/usr/bin/env bash
# Compiles the whole sample, warnings as errors: against the Android library of bindings/android,
# Android's own classes, and stubs of the resources (stubs/). Runs the tests of model/, which need
# neither Android nor a core. Needs what bindings/suites/kotlin/run.sh --build built. 77 and
# "SKIPPED: reason" where Maven cannot bring the classes.
#
# BATON_TOOLS  where tools lie (default ~/.cache/baton-tools)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
bindings/android/check.sh || exit $?
jar=$(bindings/android/check.sh --classes)
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"
built=target/suites/kotlin
sample=bindings/samples/android
core=$built/generated.jar:$built/layer.jar:$built/testing.jar
library=$built/android.jar:$built/android-stubs.jar
"$KOTLINC" -Werror -cp "$jar:$library:$core:$KOTLIN_CP" \
  -d "$built/android-sample.jar" $sample/app/src/main/kotlin $sample/stubs
echo "the sample compiles"
"$KOTLINC" -Werror -cp "$core:$KOTLIN_CP:$JUNIT" \
  -d "$built/model-tests.jar" $sample/app/src/main/kotlin/app/baton/sample/model \
  $sample/app/src/test/kotlin
log=$built/model-tests.log
"$KOTLIN_TEST" "$built/model-tests.jar:$core" >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }
echo "its model: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
