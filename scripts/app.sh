#!/usr/bin/env bash
# The app of apps/phone: brings what it needs, compiles it, runs it, draws it and tests it.
#
#   scripts/app.sh fetch   brings Compose, in the versions and with the sums of apps/phone/jars
#   scripts/app.sh build   compiles the app and its tests into target/app
#   scripts/app.sh run     opens the app in a window; with an address and a sign-in in its fields:
#                          scripts/app.sh run --server URL --workspace NAME --email AGENT
#   scripts/app.sh shots   draws every screen of apps/phone/shots into target/app/shots, or of
#                          those whose name holds a word: scripts/app.sh shots inbox
#   scripts/app.sh golden  compares every screen in every state with the pictures of
#                          apps/phone/golden, or those whose name holds a word; --few compares one
#                          of each kind; --accept writes those that are others: look at them
#   scripts/app.sh test    plays the tests over fakes: no core, no server, no display
#   scripts/app.sh flows   plays whole flows with the real core, server and simulator: all, or those
#                          whose name holds one of the words; --list names them
#   scripts/app.sh budgets measures start, memory and frames with 2,000 conversations
#   scripts/app.sh deb     makes a package of Debian, with a Java of its own; --try installs it,
#                          opens its window where nobody sees it, and removes it
#   scripts/app.sh android compiles the app for Android, warnings as errors
#   scripts/app.sh robolectric
#                          plays the activity on Android's own classes, without a device, and
#                          draws the inbox into target/app/android/pictures
#   scripts/app.sh apk     makes a package of that, signed with a key of its own and verified; without
#                          the native library, which asks for the NDK
#
# Ends with 77 and "SKIPPED: reason" where Kotlin or Compose cannot be had.
#
# BATON_TOOLS   where tools lie (default ~/.cache/baton-tools)
# BATON_SERVER  the server of the flows (default target/debug/baton)
# BATON_LIBRARY a directory with the core that is packed (default target/debug)
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/apps/phone
. scripts/mobile/tools.sh
name=app
case "${1:-}" in
fetch | build | run | shots | golden | test | flows | budgets | deb | android | robolectric | apk) ;;
*) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
do=$1
shift

built=${CARGO_TARGET_DIR:-target}/debug
core=target/suites/kotlin
out=target/app
placed() { echo "$tools/$1-$(cat "$2"/* | sha256sum | cut -c 1-12)"; }
place=$(placed compose "$here/jars")
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"

# Maven cannot resolve Compose's own graph: every jar is named, each without what it asks for.
# `named DIRECTORY`: a project of those that its lists name.
named() {
  local group artifact version type
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>baton.tools</groupId><artifactId>compose</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>'
  cat "$1"/*.txt | while IFS=: read -r group artifact version type; do
    echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId>
<version>$version</version><type>${type:-jar}</type><exclusions><exclusion><groupId>*</groupId>
<artifactId>*</artifactId></exclusion></exclusions></dependency>"
  done
  echo '</dependencies></project>'
}

# `brings PLACE DIRECTORY`: what the lists of a directory name, held to its sums.
brings() {
  local fresh place=$1 from=$2 copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
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
  named "$from" >"$fresh/compose.xml"
  fetched 400 mvn -q -B -f "$fresh/compose.xml" "$copy" -DoutputDirectory="$fresh/jars" ||
    skip "Maven could not bring Compose"
  (cd "$fresh/jars" && sha256sum --quiet -c "$from/SHA256SUMS" >&2) ||
    fail "what Maven brought is not what $from/SHA256SUMS says"
  mkdir "$fresh/compiler"
  find "$fresh/jars" -name 'kotlin-compose-compiler-plugin-*.jar' -exec mv -t "$fresh/compiler" {} +
  find "$fresh/jars" -name 'r8-*.jar' -exec mv -t "$fresh/compiler" {} +
  python3 - "$fresh/jars" <<'END'
import pathlib, re, sys, zipfile
for aar in pathlib.Path(sys.argv[1]).glob("*.aar"):
    with zipfile.ZipFile(aar) as parts:
        aar.with_suffix(".jar").write_bytes(parts.read("classes.jar"))
        names = parts.read("R.txt").decode() if "R.txt" in parts.namelist() else ""
        package = re.search(r'package="([^"]+)"', parts.read("AndroidManifest.xml").decode())
    if names.strip():
        aar.with_suffix(".R").write_text(f"{package.group(1)}\n{names}")
    aar.unlink()
END
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
    # shellcheck disable=SC2086 # words, on purpose
    "$KOTLINC" ${flags--Werror} -Xplugin="$(echo "$place"/compiler/*.jar)" -opt-in=kotlin.time.ExperimentalTime \
      -cp "$classpath" -d "$jar" "$@" >"$jar.log" 2>&1 || { cat "$jar.log" >&2; exit 1; }
    echo "$seen" >"$jar.sum"
  fi
}

# One builds at a time. An app that is run or packed needs no tests.
begins() {
  mkdir -p "$out"
  exec {lock}>"$out/lock"
  flock "$lock"
  case "$do" in
  run | deb | android | apk) bindings/suites/kotlin/run.sh --layer ;;
  *) bindings/suites/kotlin/run.sh --build ;;
  esac
  library=$core/layer.jar:$core/generated.jar
}

builds() {
  local lock
  begins
  compose=$(printf '%s:' "$place"/jars/*.jar)
  all=$library:$compose$KOTLIN_CP
  compiled ui "$all" "$here/ui/src"
  compiled desktop "$out/ui.jar:$all" "$here/desktop/src"
  case "$do" in run | deb) exec {lock}>&- && return ;; esac
  compiled tests "$out/ui.jar:$out/desktop.jar:$core/testing.jar:$core/suite.jar:$all:$JUNIT" \
    "$here/tests"
  exec {lock}>&-
}

# Screens, activity and library against Android's own classes and Jetpack Compose; against stubs of
# Firebase and androidx.work.
builds_android() {
  local lock from=$here/android
  classes=$(bindings/android/check.sh --classes) || skip "Maven could not bring Android's classes"
  android=$(placed jetpack "$from/jars")
  brings "$android" "$from/jars"
  begins
  jetpack=$(printf '%s:' "$android"/jars/*.jar)
  below=$library:$jetpack$classes:$KOTLIN_CP
  flags='' compiled android-stubs "$below" bindings/android/stubs
  compiled android-library "$out/android-stubs.jar:$below" bindings/android/src/main/kotlin
  compiled android-ui "$below" "$here/ui/src"
  python3 "$from/resources.py" "$from/res" "$out/android"
  compiled android-app "$out/android-ui.jar:$out/android-library.jar:$out/android-stubs.jar:$below" \
    "$from/src" "$out/android/r"
  exec {lock}>&-
  echo "the app compiles for Android"
}

# The activity on Android's own classes, without a device.
plays_android() {
  local from=$here/android robots classpath made=$out/android/robolectric
  have javac || packaged default-jdk-headless || skip "there is no javac"
  robots=$(placed robolectric "$from/robolectric")
  brings "$robots" "$from/robolectric"
  rm -rf "$made"
  mkdir -p "$made/r"
  python3 "$from/ids.py" "$android/jars" "$made/src"
  javac -d "$made/r" "@$made/src/files" >&2
  classpath=$out/android-app.jar:$out/android-ui.jar:$out/android-library.jar:$out/android-stubs.jar
  # Android itself it loads on its own: on the classpath it would be mistaken for a device.
  classpath=$classpath:$core/testing.jar
  classpath=$classpath:$(find "$robots/jars" -name '*.jar' ! -name 'android-all-*' -printf '%p:')$below
  flags='' compiled android-tests "$classpath" "$from/tests" "$here/tests/app/baton/app/Sample.kt"
  say "Robolectric"
  "$JAVA" -Xmx900m -XX:TieredStopAtLevel=1 -Drobolectric.offline=true \
    "-Drobolectric.dependency.dir=$robots/jars" "-Dbaton.pictures=$out/android/pictures" \
    -cp "$out/android-tests.jar:$made/r:$classpath" org.junit.runner.JUnitCore \
    app.baton.phone.ActivityTest app.baton.phone.PictureTest >"$out/android-tests.log" 2>&1 ||
    { cat "$out/android-tests.log" >&2; fail "the activity does not what it should"; }
  echo "the activity: $(sed -n 's/^OK (\(.*\))$/\1/p' "$out/android-tests.log")"
}

# Dexed, with its resources, aligned, signed and verified. No phone runs it: the core is not in it,
# nor what Firebase and androidx.work are, nor the resources of Jetpack's own libraries. R8, which
# shrinks a release, ends with an error of its own over these classes (9.5.28); 8.13.6 does not.
packs() {
  local made=$out/android/apk key=$out/android/key tool jars
  for tool in aapt2 zipalign apksigner; do
    have "$tool" || packaged aapt zipalign apksigner || skip "there is no $tool"
  done
  rm -rf "$made"
  mkdir -p "$made/dex"
  IFS=: read -ra jars <<<"$out/android-app.jar:$out/android-ui.jar:$out/android-library.jar:$library:$jetpack$KOTLIN_CP"
  aapt2 compile --dir "$here/android/res" -o "$made/res.zip"
  aapt2 link -I "$classes" --manifest "$here/android/AndroidManifest.xml" --min-sdk-version 28 \
    --target-sdk-version 34 --version-code 1 --version-name 1 \
    --stable-ids "$out/android/ids.txt" -o "$made/bare.apk" "$made/res.zip"
  say "dex"
  "$JAVA" -Xmx2g -cp "$(echo "$android"/compiler/r8-*.jar)" com.android.tools.r8.D8 --release \
    --min-api 28 --lib "$classes" --classpath "$out/android-stubs.jar" --output "$made/dex" \
    "${jars[@]}" >"$made/dex.log" 2>&1 ||
    { cat "$made/dex.log" >&2; fail "it cannot be dexed"; }
  python3 - "$made" <<'END'
import pathlib, sys, zipfile
made = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(made / "bare.apk", "a", zipfile.ZIP_DEFLATED) as apk:
    for dex in sorted((made / "dex").glob("*.dex")):
        apk.write(dex, dex.name)
END
  zipalign -f 4 "$made/bare.apk" "$made/aligned.apk"
  [ -e "$key" ] || keytool -genkeypair -keystore "$key" -storepass baton-key -alias baton -keyalg EC \
    -dname CN=baton -validity 3650 >&2
  apksigner sign --ks "$key" --ks-pass pass:baton-key --out "$made/baton.apk" "$made/aligned.apk"
  apksigner verify --min-sdk-version 28 "$made/baton.apk"
  weighs "$made/baton.apk" "${jars[@]}"
  echo "the package: $(stat -c %s "$made/baton.apk") bytes, dexed, signed and verified: $made/baton.apk"
}

# The parts of a package, and what they are made of.
weighs() {
  python3 - "$@" <<'END'
import pathlib, sys, zipfile
apk, *jars = map(pathlib.Path, sys.argv[1:])
def group(jar):
    if jar.name in ("android-app.jar", "android-ui.jar"): return "screens and activity"
    if jar.name in ("android-library.jar", "layer.jar", "generated.jar"): return "the library over the core"
    if jar.name.startswith(("kotlin", "jna", "annotations-")): return "Kotlin, coroutines, JNA"
    return "Jetpack Compose and what it needs"
print("| Part | Bytes |\n|---|--:|")
groups = {}
for jar in jars:
    groups[group(jar)] = groups.get(group(jar), 0) + jar.stat().st_size
for name, size in groups.items():
    print(f"| before: {name} | {size:,} |")
parts = {}
for part in zipfile.ZipFile(apk).infolist():
    name = "code" if part.filename.endswith(".dex") else "signature" if part.filename.startswith("META-INF/") else "resources and manifest"
    parts[name] = parts.get(name, 0) + part.compress_size
for name, size in parts.items():
    print(f"| in the package: {name} | {size:,} |")
print(f"| the package without the core | {apk.stat().st_size:,} |")
END
}

# A package of the desk: the app, the core, and as much of Java as they need.
packs_desk() {
  local in=$out/desk made=$out/deb jar jars
  have jpackage && have fakeroot || packaged default-jdk-headless fakeroot binutils ||
    skip "there is no jpackage"
  rm -rf "$in" "$made"
  mkdir -p "$in" "$made"
  IFS=: read -ra jars <<<"$out/desktop.jar:$out/ui.jar:$all"
  for jar in "${jars[@]}"; do
    case "$jar" in *-test-*) ;; *) cp "$jar" "$in" ;; esac
  done
  cp "${BATON_LIBRARY:-$built}/libbaton_core.so" "$in"
  strip --strip-debug "$in/libbaton_core.so"
  jpackage --type deb --name Baton --linux-package-name baton-desk --app-version 0.1.0 \
    --description "Baton: a team answers one WhatsApp number" --vendor Baton \
    --linux-deb-maintainer baton@localhost --linux-shortcut --linux-menu-group Network \
    --input "$in" --main-jar desktop.jar --main-class app.baton.desk.MainKt \
    --add-modules java.desktop,java.logging,java.management,jdk.unsupported,jdk.localedata \
    --java-options "-Djna.library.path=\$APPDIR" --java-options -Xmx512m --dest "$made" >&2
  package=$(echo "$made"/*.deb)
  echo "the package: $(stat -c %s "$package") bytes: $package"
}

# Installed, its window opens; removed, nothing of it is left.
tries_desk() {
  local home display=:97 server app held=1
  have Xvfb && have xwininfo || packaged xvfb x11-utils || skip "there is no Xvfb"
  root || skip "to install a package asks for root"
  # The package puts itself into the menu, which a machine without a desk has not.
  "${as_root[@]}" mkdir -p /usr/share/desktop-directories
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
    install "$PWD/$package" >"$out/deb.log" 2>&1 || { cat "$out/deb.log" >&2; fail "it cannot be installed"; }
  home=$(mktemp -d)
  Xvfb "$display" -screen 0 1280x900x24 >/dev/null 2>&1 &
  server=$!
  DISPLAY=$display SKIKO_RENDER_API=SOFTWARE /opt/baton-desk/bin/Baton --directory "$home" \
    --server http://127.0.0.1:9 >"$out/deb.log" 2>&1 &
  app=$!
  for _ in $(seq 120); do
    if xwininfo -display "$display" -root -tree 2>/dev/null | grep -q '"Baton"'; then held=0 && break; fi
    kill -0 "$app" 2>/dev/null || break
    sleep 1
  done
  kill "$app" "$server" 2>/dev/null || true
  wait "$app" "$server" 2>/dev/null || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
    purge baton-desk >>"$out/deb.log" 2>&1
  rm -rf "$home"
  [ $held -eq 0 ] || { cat "$out/deb.log" >&2; fail "its window did not open"; }
  [ ! -e /opt/baton-desk ] || fail "something of it is left in /opt/baton-desk"
  echo "the package: installed, its window opened, removed"
}

# In a world of its own: the real core, a server, a simulated WhatsApp.
with_core() {
  fonts
  # shellcheck disable=SC2086 # words, on purpose
  exec python3 bindings/suites/world.py --baton "${BATON_SERVER:-$built/baton}" -- "$JAVA" \
    $JNA_FLAGS "${headless[@]}" "-Djna.library.path=$built" -cp "$parts" "$@"
}

# Fonts of the tests alone, so that a picture is the same on every machine.
fonts() {
  printf '%s<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>\n' \
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">' \
    "$here/tests/fonts" "$PWD/$out/fonts" >"$out/fonts.conf"
  export FONTCONFIG_FILE=$PWD/$out/fonts.conf LC_ALL=C.UTF-8 TZ=UTC
}

pictured() {
  fonts
  exec "$JAVA" "${headless[@]}" -cp "$parts" "$@"
}

# Without a display; drawn by the processor, so that it is the same everywhere.
headless=(-Djava.awt.headless=true -Dskiko.renderApi=SOFTWARE -Xmx900m -XX:TieredStopAtLevel=1)

brings "$place" "$here/jars"
case "$do" in
fetch) echo "$place"; exit ;;
android) builds_android; exit ;;
robolectric)
  builds_android
  plays_android
  exit
  ;;
apk)
  builds_android
  packs
  exit
  ;;
esac
builds
parts=$out/tests.jar:$out/desktop.jar:$out/ui.jar:$core/testing.jar:$core/suite.jar:$all
case "$do" in
build) echo "the app compiles" ;;
run)
  # shellcheck disable=SC2086 # words, on purpose
  exec "$JAVA" $JNA_FLAGS "-Djna.library.path=$built" -cp "$out/desktop.jar:$out/ui.jar:$all" \
    app.baton.desk.MainKt "$@"
  ;;
shots) pictured app.baton.app.ShotsKt "$out/shots" "$@" ;;
golden) pictured app.baton.app.GoldenKt apps/phone/golden "$out/golden" "$@" ;;
deb)
  packs_desk
  [ "${1:-}" != --try ] || tries_desk
  ;;
test)
  log=$out/tests.log
  # What is made from the console's colours follows them.
  python3 apps/phone/tokens.py --check
  "$JAVA" "${headless[@]}" -cp "$JUNIT:$parts" org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --details=tree --disable-ansi-colors --fail-if-no-tests \
    --scan-class-path "$out/tests.jar" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  echo "the app: $(sed -n 's/^\[ *\([0-9]* tests successful\) *\]$/\1/p' "$log")"
  ;;
flows)
  if [ "${1:-}" = --list ]; then
    exec "$JAVA" -cp "$parts" app.baton.app.flows.FlowsKt --list
  fi
  with_core app.baton.app.flows.FlowsKt "$@"
  ;;
budgets) with_core app.baton.app.BudgetsKt ;;
esac
