#!/usr/bin/env bash
# Brings R8, the shrinker of Android's builds, by Maven. Prints the path of its jar; 77 and
# "SKIPPED: reason" where it cannot be had.
#
# BATON_TOOLS  where tools lie (default ~/.cache/baton-tools)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
usage "$@"

sum=fbe6f7d59d46d6296919f6cc4793536439921d357c9a6bbf45ea4acc3c8736a7
place=$tools/r8-${sum:0:12}
[ -e "$place" ] || alone r8
if [ ! -e "$place" ]; then
  have mvn || packaged maven || skip "there is no Maven, and it cannot be installed"
  fresh=$(mktemp -d "$tools/r8.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  say "R8 by Maven"
  fetched 300 mvn -q -B -f "$here/r8/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$fresh" || skip "Maven could not bring R8"
  mv "$fresh"/r8-*.jar "$fresh/r8.jar"
  echo "$sum  $fresh/r8.jar" | sha256sum --quiet -c >&2 || fail "R8 is not what was expected"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
fi
echo "$place/r8.jar"
