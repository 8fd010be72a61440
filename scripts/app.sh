#!/usr/bin/env bash
# The app of apps/phone: brings what it needs, compiles it, runs it, draws it and tests it.
#
#   scripts/app.sh fetch   brings Compose, in the versions and with the sums of apps/phone/jars
#   scripts/app.sh build   compiles the app and its tests into target/app
#   scripts/app.sh run     opens the app in a window; with an address and a sign-in in its fields:
#                          scripts/app.sh run --server URL --workspace NAME --email AGENT
#   scripts/app.sh shots   draws every screen of apps/phone/shots into target/app/shots, or of
#                          those whose name holds a word: scripts/app.sh shots inbox
#   scripts/app.sh test    plays the tests over fakes: no core, no server, no display
#   scripts/app.sh flows   plays whole flows with the real core, server and simulator: all, or those
#                          whose name holds one of the words; --list names them
#
# Ends with 77 and "SKIPPED: reason" where Kotlin or Compose cannot be had.
#
# BATON_TOOLS   where tools lie (default ~/.cache/baton-tools)
# BATON_SERVER  the server of the flows (default target/debug/baton)
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/apps/phone
. scripts/mobile/tools.sh
name=app
case "${1:-}" in
fetch | build | run | shots | test | flows) ;;
*) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
do=$1
shift

built=${CARGO_TARGET_DIR:-target}/debug
core=target/suites/kotlin
out=target/app
sums=$(cat "$here"/jars/* | sha256sum | cut -c 1-12)
place=$tools/compose-$sums
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"

# Maven cannot resolve Compose's own graph: every jar is named, each without what it asks for.
named() {
  local group artifact version
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>baton.tools</groupId><artifactId>compose</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>'
  cat "$here"/jars/*.txt | while IFS=: read -r group artifact version; do
    echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId>
<version>$version</version><exclusions><exclusion><groupId>*</groupId>
<artifactId>*</artifactId></exclusion></exclusions></dependency>"
  done
  echo '</dependencies></project>'
}

brings() {
  local fresh copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
  [ ! -e "$place/done" ] || return 0
  alone compose
  [ ! -e "$place/done" ] || return 0
  case "$(uname -sm)" in
  "Linux x86_64") ;;
  *) skip "apps/phone/jars names the drawing library for Linux on x86_64 alone" ;;
  esac
  have mvn || packaged maven || skip "there is no Maven"
  say "Compose by Maven"
  fresh=$(mktemp -d "$tools/compose.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  named >"$fresh/compose.xml"
  fetched 400 mvn -q -B -f "$fresh/compose.xml" "$copy" -DoutputDirectory="$fresh/jars" ||
    skip "Maven could not bring Compose"
  (cd "$fresh/jars" && sha256sum --quiet -c "$here/jars/SHA256SUMS" >&2) ||
    fail "what Maven brought is not what apps/phone/jars/SHA256SUMS says"
  mkdir "$fresh/compiler"
  mv "$fresh"/jars/kotlin-compose-compiler-plugin-*.jar "$fresh/compiler"
  touch "$fresh/done"
  rm -rf "$place"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
  trap - EXIT
}

# `compiled NAME CLASSPATH SOURCES…`: a jar of these sources, again only when something of it
# changed.
compiled() {
  local jar=$out/$1.jar seen classpath=$2 part
  shift 2
  seen=$({ echo "$KOTLINC $classpath"
    find "$@" -name '*.kt' -print0 | sort -z | xargs -0 sha256sum
    for part in ${classpath//:/ }; do [ "${part#target/}" = "$part" ] || sha256sum "$part"; done
  } | sha256sum)
  if [ ! -e "$jar" ] || [ "$(cat "$jar.sum" 2>/dev/null)" != "$seen" ]; then
    say "compiling ${jar##*/}"
    rm -f "$jar" "$jar.sum"
    "$KOTLINC" -Werror -Xplugin="$(echo "$place"/compiler/*.jar)" -opt-in=kotlin.time.ExperimentalTime \
      -cp "$classpath" -d "$jar" "$@" >"$jar.log" 2>&1 || { cat "$jar.log" >&2; exit 1; }
    echo "$seen" >"$jar.sum"
  fi
}

builds() {
  local lock
  mkdir -p "$out"
  exec {lock}>"$out/lock"
  flock "$lock"
  bindings/suites/kotlin/run.sh --build
  compose=$(printf '%s:' "$place"/jars/*.jar)
  library=$core/layer.jar:$core/generated.jar
  all=$library:$compose$KOTLIN_CP
  compiled ui "$all" "$here/ui/src"
  compiled desktop "$out/ui.jar:$all" "$here/desktop/src"
  compiled tests "$out/ui.jar:$out/desktop.jar:$core/testing.jar:$core/suite.jar:$all:$JUNIT" \
    "$here/tests"
  exec {lock}>&-
}

# Without a display; drawn by the processor, so that it is the same everywhere.
headless=(-Djava.awt.headless=true -Dskiko.renderApi=SOFTWARE -Xmx900m -XX:TieredStopAtLevel=1)

brings
[ "$do" != fetch ] || { echo "$place"; exit; }
builds
parts=$out/tests.jar:$out/desktop.jar:$out/ui.jar:$core/testing.jar:$core/suite.jar:$all
case "$do" in
build) echo "the app compiles" ;;
run)
  # shellcheck disable=SC2086 # words, on purpose
  exec "$JAVA" $JNA_FLAGS "-Djna.library.path=$built" -cp "$out/desktop.jar:$out/ui.jar:$all" \
    app.baton.desk.MainKt "$@"
  ;;
shots) exec "$JAVA" "${headless[@]}" -cp "$parts" app.baton.app.ShotsKt "$out/shots" "$@" ;;
test)
  log=$out/tests.log
  "$JAVA" "${headless[@]}" -cp "$JUNIT:$parts" org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --details=tree --disable-ansi-colors --fail-if-no-tests \
    --scan-class-path "$out/tests.jar" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  echo "the app: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
  ;;
flows)
  if [ "${1:-}" = --list ]; then
    exec "$JAVA" -cp "$parts" app.baton.app.flows.FlowsKt --list
  fi
  # shellcheck disable=SC2086 # words, on purpose
  exec python3 bindings/suites/world.py --baton "${BATON_SERVER:-$built/baton}" -- "$JAVA" \
    $JNA_FLAGS "${headless[@]}" "-Djna.library.path=$built" -cp "$parts" app.baton.app.flows.FlowsKt "$@"
  ;;
esac
