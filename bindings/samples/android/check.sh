#!/usr/bin/env bash
# Compiles the whole sample, warnings as errors: against Android's own classes, as Robolectric
# publishes them, and against stubs of what it uses of Firebase (stubs/). Runs the tests of model/,
# which need neither Android nor a core, and nothing else of it. Needs what
# bindings/suites/kotlin/run.sh --build built. 77 and "SKIPPED: reason" where Maven cannot bring the
# classes.
#
# BATON_TOOLS  where tools lie (default ~/.cache/baton-tools)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
artifact=org.robolectric:android-all:14-robolectric-10818077
sum=6be2218c6a53fe3c57bc22ebdc723edcb7270a8a6f187545708aa5c0ed813977

built=target/suites/kotlin
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"
[ -e "$built/layer.jar" ] || bindings/suites/kotlin/run.sh --build
place=${BATON_TOOLS:-$HOME/.cache/baton-tools}/android-all
jar=$place/android-all-14-robolectric-10818077.jar
if [ ! -e "$jar" ]; then
  copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  timeout 300 mvn -q -B "$copy:copy" -Dartifact="$artifact" -DoutputDirectory="$fresh" >&2 ||
    { echo "SKIPPED: Maven cannot bring $artifact"; exit 77; }
  echo "$sum  $fresh/${jar##*/}" | sha256sum --quiet -c >&2
  mkdir -p "$place"
  mv "$fresh/${jar##*/}" "$jar"
fi
sample=bindings/samples/android
"$KOTLINC" -Werror -cp "$jar:$built/generated.jar:$built/layer.jar:$KOTLIN_CP" \
  -d "$built/android.jar" $sample/app/src/main/kotlin $sample/stubs
echo "the sample compiles"
"$KOTLINC" -Werror -cp "$built/generated.jar:$built/layer.jar:$KOTLIN_CP:$JUNIT" \
  -d "$built/model-tests.jar" $sample/app/src/main/kotlin/app/baton/sample/model \
  $sample/app/src/test/kotlin
log=$built/model-tests.log
"$KOTLIN_TEST" "$built/model-tests.jar:$built/generated.jar:$built/layer.jar" >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }
echo "its model: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
