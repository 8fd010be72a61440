#!/usr/bin/env bash
# Compiles the Android library, warnings as errors: against Android's own classes, as Robolectric
# publishes them, and against stubs of Firebase and androidx.work (stubs/). Runs its tests, which
# need neither a device nor a core. Needs what bindings/suites/kotlin/run.sh --build built. 77 and
# "SKIPPED: reason" where Maven cannot bring the classes.
#
#   target/suites/kotlin/android.jar        the library
#   target/suites/kotlin/android-stubs.jar  what an app has of Firebase and androidx.work
#
#   bindings/android/check.sh --classes   only prints the path of Android's classes, and brings them
#
# BATON_TOOLS  where tools lie (default ~/.cache/baton-tools)
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
artifact=org.robolectric:android-all:14-robolectric-10818077
sum=6be2218c6a53fe3c57bc22ebdc723edcb7270a8a6f187545708aa5c0ed813977
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
if [ "${1:-}" = --classes ]; then
  echo "$jar"
  exit
fi

built=target/suites/kotlin
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"
[ -e "$built/testing.jar" ] || bindings/suites/kotlin/run.sh --build
here=bindings/android
core=$built/generated.jar:$built/layer.jar
"$KOTLINC" -cp "$jar:$KOTLIN_CP" -d "$built/android-stubs.jar" $here/stubs 2>/dev/null
"$KOTLINC" -Werror -cp "$jar:$built/android-stubs.jar:$core:$KOTLIN_CP" \
  -d "$built/android.jar" $here/src/main/kotlin
echo "the Android library compiles"
all=$built/android.jar:$built/android-stubs.jar:$built/testing.jar:$core:$jar
# The tests see what is internal to the library.
"$KOTLINC" -Werror "-Xfriend-paths=$built/android.jar" -cp "$all:$KOTLIN_CP:$JUNIT" \
  -d "$built/android-tests.jar" $here/src/test/kotlin
log=$built/android-tests.log
"$KOTLIN_TEST" "$built/android-tests.jar:$all" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
echo "the Android library: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
