#!/usr/bin/env bash
# Builds the library of the bindings, writes its Kotlin, Swift and Python sides to target/bindings,
# and compares the public API with bindings/api.txt: what apps compile against does not change
# unnoticed. What is generated is never committed.
#
#   scripts/mobile/bindgen.sh            ends with 1 when the API is another
#   scripts/mobile/bindgen.sh --accept   writes the API that is there to bindings/api.txt
#
# target/bindings/kotlin   sources of package app.baton.core
# target/bindings/swift    baton_core.swift, the header, and a module map for SwiftPM
# target/bindings/python   baton_core.py beside a link to the library
# target/debug             libbaton_core.so, with symbols
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
"" | --accept) ;;
*) echo "bindgen.sh: unknown $1" >&2; exit 1 ;;
esac

scripts/build.sh bindings >&2
built=${CARGO_TARGET_DIR:-target}/debug
library=$built/libbaton_core.so
[ -e "$library" ] || library=$built/libbaton_core.dylib
out=target/bindings
fresh=$(mktemp -d "${TMPDIR:-/tmp}/bindings.XXXXXX")
trap 'rm -rf "$fresh"' EXIT

for language in kotlin swift python; do
  "$built/uniffi-bindgen" generate "$library" --language $language --out-dir "$fresh/$language" \
    --no-format >"$fresh/said" 2>&1 || { cat "$fresh/said" >&2; exit 1; }
done
# The generated map uses modules of Apple's; this one is read anywhere.
mkdir "$fresh/swift/baton_coreFFI"
cp "$fresh/swift/baton_coreFFI.h" "$fresh/swift/baton_coreFFI"
echo 'module baton_coreFFI { header "baton_coreFFI.h" export * }' \
  >"$fresh/swift/baton_coreFFI/module.modulemap"
ln -s "$(realpath "$library")" "$fresh/python/${library##*/}"
# Only what changed is written: whoever compiles it compares times.
mkdir -p "$out"
for language in kotlin swift python; do
  if ! diff -rq "$fresh/$language" "$out/$language" >/dev/null 2>&1; then
    rm -rf "${out:?}/$language"
    cp -a "$fresh/$language" "$out/$language"
  fi
done

command -v python3 >/dev/null 2>&1 || { echo "bindgen.sh: python3 is needed" >&2; exit 1; }
"$built/uniffi-bindgen" pipeline --library "$library" python --pass initial --no-diff \
  >"$fresh/known" 2>"$fresh/said" || { cat "$fresh/said" >&2; exit 1; }
python3 scripts/mobile/api.py <"$fresh/known" >"$fresh/api.txt"
if [ "${1:-}" = --accept ]; then
  cp "$fresh/api.txt" bindings/api.txt
  echo "bindgen: bindings/api.txt is the API that is there"
elif ! diff -u bindings/api.txt "$fresh/api.txt" >"$fresh/difference"; then
  cat "$fresh/difference" >&2
  echo "bindgen.sh: the public API of the bindings changed. Where that is meant, and the changelog" \
    "tells apps: scripts/mobile/bindgen.sh --accept" >&2
  exit 1
fi
