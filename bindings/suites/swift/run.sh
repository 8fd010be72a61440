#!/usr/bin/env bash
# Plays the scenarios in Swift against the world at BATON_WORLD; without one it starts its own.
# Prints a line for each. Swift is brought when it is not there; where it cannot be had: 77 and
# "SKIPPED: reason".
#
#   bindings/suites/swift/run.sh                 all scenarios
#   bindings/suites/swift/run.sh 3 17            these
#   bindings/suites/swift/run.sh --cached-only   brings nothing
#   bindings/suites/swift/run.sh --build         builds target/swift-suite/suite and runs nothing
#
# BATON_GENERATED=1 says that scripts/mobile/bindgen.sh ran already.
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

cached='' build=''
while :; do
  case "${1:-}" in
  --cached-only) cached=--cached ;;
  --build) build=1 ;;
  *) break ;;
  esac
  shift
done

said=$(scripts/mobile/swift.sh $cached) || { held=$?; echo "$said"; exit $held; }
[ -n "${BATON_GENERATED:-}" ] || scripts/mobile/bindgen.sh >&2

generated=target/bindings/swift
built=${CARGO_TARGET_DIR:-target}/debug
out=target/swift-suite
mkdir -p "$out"
run=(scripts/mobile/swift-run)

# The layer and what was generated are one module; the suite sees what an app sees.
newer() { [ ! -e "$1" ] || [ -n "$(find "${@:2}" -newer "$1" -print -quit)" ]; }
layer=(bindings/swift/Sources/Baton/*.swift)
if newer "$out/libBaton.so" "$generated" "${layer[@]}" "$0"; then
  "${run[@]}" swiftc -swift-version 5 -parse-as-library -module-name Baton \
    -emit-module -emit-module-path "$out/Baton.swiftmodule" \
    -emit-library -o "$out/libBaton.so" "$generated/baton_core.swift" "${layer[@]}" \
    -I "$generated/baton_coreFFI" -L "$built" -lbaton_core >&2
  rm -f "$out/suite"
fi
if newer "$out/suite" "$out/libBaton.so" bindings/suites/swift/*.swift; then
  "${run[@]}" swiftc -swift-version 5 -parse-as-library -module-name suite \
    -o "$out/suite" bindings/suites/swift/*.swift \
    -I "$out" -I "$generated/baton_coreFFI" -L "$out" -lBaton -L "$built" -lbaton_core >&2
fi
[ -z "$build" ] || exit 0

suite=("${run[@]}" env "LD_LIBRARY_PATH=$PWD/$out:$(realpath "$built")" "$out/suite" "$@")
if [ -z "${BATON_WORLD:-}" ]; then
  suite=(python3 bindings/suites/world.py --baton "$built/baton" -- "${suite[@]}")
fi
exec "${suite[@]}"
