#!/usr/bin/env bash
# Brings a Kotlin compiler and what the Kotlin bindings and their tests need: the standard library,
# coroutines, JNA, JUnit's console. Prints the path of a file to source:
#
#   tools=$(scripts/mobile/kotlin.sh) || { echo "$tools"; exit 0; }   # 77 and "SKIPPED: reason"
#   . "$tools"
#   "$KOTLINC" -cp "$KOTLIN_CP" -d CLASSES FILES.kt…
#   "$KOTLINC" -cp "$KOTLIN_CP:$JUNIT:CLASSES" -d TESTS TEST_FILES.kt…
#   "$KOTLIN_TEST" CLASSES:TESTS -Djna.library.path=target/debug
#   "$JAVA" $JNA_FLAGS -Djna.library.path=target/debug -cp "CLASSES:$KOTLIN_CP" MAIN
#
# KOTLIN_CP holds what an app has. KOTLIN_TEST runs all tests of a class path with JUnit; what
# follows goes to Java; that no test is found is a failure. Tests keep to what JUnit has for Java.
# Brought by Maven where it is, in the versions and with the sums of scripts/mobile/kotlin; else by
# npm and packages of Debian. What is missing for that is installed by apt-get.
#
# BATON_TOOLS       where tools lie (default ~/.cache/baton-tools)
# BATON_KOTLIN_BY   maven or npm: only this way
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
usage "$@"

sums=$(cat "$here"/kotlin/* "$here/kotlin.sh" | sha256sum | cut -c 1-12)
place=$tools/kotlin-$sums${BATON_KOTLIN_BY:+-$BATON_KOTLIN_BY}
npm_package=kotlin-compiler@2.4.20
npm_sum=c23dab400d7ce5ea8b6c909947c0ca5454189e4bb1108695b5f464500e5e950f

# 17 or newer: what Android's own tools ask for.
java_works() {
  local said
  have java && said=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p;1q') &&
    [ "${said:-0}" -ge 17 ]
}

by_maven() {
  have mvn || packaged maven || return 1
  local part copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
  for part in compiler suite; do
    say "$part by Maven"
    fetched 300 mvn -q -B -f "$here/kotlin/$part.xml" "$copy" \
      -DoutputDirectory="$fresh/$part" || return 1
  done
  (cd "$fresh" && sha256sum --quiet -c "$here/kotlin/SHA256SUMS" >&2) ||
    fail "what Maven brought is not what scripts/mobile/kotlin/SHA256SUMS says"
  flags="" words="execute --disable-banner"
}

by_npm() {
  local debian=/usr/share/java jar natives found
  have npm || packaged npm || return 1
  say "compiler by npm"
  (cd "$fresh" && fetched 300 npm pack --silent "$npm_package") || return 1
  echo "$npm_sum  $fresh/${npm_package/@/-}.tgz" | sha256sum --quiet -c >&2 ||
    fail "$npm_package is not what was expected"
  mkdir "$fresh/npm" "$fresh/compiler" "$fresh/suite"
  tar xzf "$fresh/${npm_package/@/-}.tgz" -C "$fresh/npm"
  mv "$fresh"/npm/package/lib/*.jar "$fresh/compiler"
  rm -rf "$fresh/npm" "$fresh"/*.tgz
  cp "$fresh"/compiler/{kotlin-stdlib,kotlinx-coroutines-core-jvm}.jar "$fresh/suite"
  packaged libjna-java libjna-jni junit5 libopentest4j-java libapiguardian-java \
    libpicocli-java libunivocity-parsers-java || return 1
  cp "$debian/jna.jar" "$fresh/suite"
  mkdir "$fresh/junit"
  # Debian's console is in pieces.
  for jar in junit-jupiter-api junit-jupiter-engine junit-jupiter-params junit-platform-commons \
    junit-platform-engine junit-platform-launcher junit-platform-console junit-platform-reporting \
    opentest4j apiguardian-api picocli univocity-parsers; do
    cp -L "$debian/$jar.jar" "$fresh/junit" || return 1
  done
  found=$(dpkg -L libjna-jni | grep 'libjnidispatch.*\.so$' | head -n 1)
  natives=$(dirname "$found")
  flags="-Djna.boot.library.path=$natives" words=--disable-banner
}

# The compiler as a command, and where all the rest lies.
finish() {
  local junit cp
  [ -d "$fresh/junit" ] || { mkdir "$fresh/junit"; mv "$fresh"/suite/junit-*.jar "$fresh/junit"; }
  junit=$(cd "$fresh/junit" && printf "$place/junit/%s:" *.jar)
  junit=${junit%:}
  cp=$(cd "$fresh/suite" && printf "$place/suite/%s:" *.jar)
  cat >"$fresh/kotlinc" <<END
#!/bin/sh
exec java -Xmx1500m -XX:TieredStopAtLevel=1 -cp "$place/compiler/*" \\
  org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -jvm-target 17 "\$@"
END
  # The current directory is not on the class path: what is not named is not tested.
  cat >"$fresh/kotlin-test" <<END
#!/bin/sh
set -eu
classes=\$1
shift
exec java $flags "\$@" -cp "$junit" org.junit.platform.console.ConsoleLauncher \\
  $words --details=tree --disable-ansi-colors \\
  --fail-if-no-tests --class-path "\$classes:$cp" --scan-class-path "\$classes"
END
  chmod +x "$fresh/kotlinc" "$fresh/kotlin-test"
  cat >"$fresh/env" <<END
JAVA=java
KOTLINC="$place/kotlinc"
KOTLIN_CP="${cp%:}"
JUNIT="$junit"
KOTLIN_TEST="$place/kotlin-test"
JNA_FLAGS="$flags"
END
}

if [ ! -e "$place/env" ]; then
  alone kotlin
fi
if [ ! -e "$place/env" ]; then
  java_works || packaged default-jdk-headless || skip "there is no Java, and it cannot be installed"
  java_works || skip "Java is older than 17"
  fresh=$(mktemp -d "$tools/kotlin.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  began=$SECONDS
  case "${BATON_KOTLIN_BY:-}" in
  maven) by_maven || skip "Maven could not bring the Kotlin compiler" ;;
  npm) by_npm || skip "npm and apt-get could not bring the Kotlin compiler" ;;
  *) by_maven || { rm -rf "${fresh:?}"/*; by_npm; } ||
    skip "neither Maven nor npm could bring the Kotlin compiler" ;;
  esac
  finish
  rm -rf "$place"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
  say "Kotlin is there, after $((SECONDS - began)) s"
fi
java_works || skip "Java is not there any more"
echo "$place/env"
