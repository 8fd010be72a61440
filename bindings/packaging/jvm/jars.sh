#!/usr/bin/env bash
# Puts together what an app on a Java of this computer adds: target/jvm.
#
#   bindings/packaging/jvm/jars.sh
#
# target/jvm/*.jar             the core's Kotlin side, and what it needs: Kotlin, coroutines, JNA
# target/jvm/libbaton_core.*   the core: java -Djna.library.path=target/jvm
# target/jvm/testing           the fakes, for tests
#
# Prints where the Kotlin compiler lies with which it was made; another one of 2.3 or newer does.
# Ends with 77 and "SKIPPED: reason" where Kotlin cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
"") ;;
*) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"
bindings/suites/kotlin/run.sh --build >&2
made=target/suites/kotlin
out=target/jvm
rm -rf "$out"
mkdir -p "$out/testing"
cp "$made/layer.jar" "$out/baton-core.jar"
cp "$made/generated.jar" "$out/baton-core-generated.jar"
cp "$made/testing.jar" "$out/testing/baton-testing.jar"
IFS=: read -ra jars <<<"$KOTLIN_CP"
cp "${jars[@]}" "$out"
for library in "${BATON_LIBRARY:-${CARGO_TARGET_DIR:-target}/debug}"/libbaton_core.{so,dylib}; do
  [ ! -e "$library" ] || cp "$library" "$out"
done
echo "jvm: $out; the compiler: $KOTLINC"
