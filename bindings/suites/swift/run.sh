#!/usr/bin/env bash
# Plays the scenarios through the Swift layer and prints a line for each. In the world at
# BATON_WORLD; where there is none, in one of its own. Swift is brought when it is not there; 77
# and "SKIPPED: reason" where it cannot be had.
#
#   bindings/suites/swift/run.sh [--cached-only] [NN …|layer]
#                                            all scenarios, or these; brings nothing when told so
#   bindings/suites/swift/run.sh collide ROLE CONVERSATION TEXT     see Collide.swift
#   bindings/suites/swift/run.sh --build     only brings the tools and compiles
#
# BATON_SERVER   the server (default target/debug/baton)
# BATON_LIBRARY  a directory with libbaton_core.so, whose Swift side is in target/bindings
#                (default: both are built)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
cached=''
if [ "${1:-}" = --cached-only ]; then
  cached=--cached
  shift
fi
found=$(scripts/mobile/swift.sh $cached) || { held=$?; echo "$found"; exit $held; }

generated=target/bindings/swift
built=${BATON_LIBRARY:-${CARGO_TARGET_DIR:-target}/debug}
out=target/suites/swift
run=(scripts/mobile/swift-run)
mkdir -p "$out"

# `compiled FILE FLAGS… -- SOURCES…`: again only when a source, or what it stands on, changed.
compiled() {
  local file=$1 sums flags=()
  shift
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  shift
  sums=$({ echo "$found ${flags[*]}"; cat "$@"; cat "$generated/baton_coreFFI.h"
    [ "$file" = "$out/libBaton.so" ] || cat "$out/libBaton.so.sum"
    [ "$file" != "$out/suite" ] || cat "$out"/libBaton{Testing,Apple}.so.sum; } | sha256sum)
  if [ ! -e "$file" ] || [ "$(cat "$file.sum" 2>/dev/null)" != "$sums" ]; then
    echo "swift: compiling ${file##*/}" >&2
    rm -f "$file" "$file.sum"
    "${run[@]}" swiftc -swift-version 5 -parse-as-library "${flags[@]}" -o "$file" "$@" \
      -I "$generated/baton_coreFFI" -L "$built" -lbaton_core >&2
    echo "$sums" >"$file.sum"
  fi
}

builds() {
  [ -n "${BATON_LIBRARY:-}" ] || scripts/mobile/bindgen.sh >&2
  # What was generated and the layer are one module; the suite sees of it what an app sees.
  compiled "$out/libBaton.so" -module-name Baton -emit-module -emit-library \
    -emit-module-path "$out/Baton.swiftmodule" -- \
    "$generated/baton_core.swift" bindings/swift/Sources/Baton/*.swift
  compiled "$out/libBatonTesting.so" -module-name BatonTesting -emit-module -emit-library \
    -emit-module-path "$out/BatonTesting.swiftmodule" -I "$out" -L "$out" -lBaton -- \
    bindings/swift/Sources/BatonTesting/*.swift
  compiled "$out/libBatonApple.so" -module-name BatonApple -emit-module -emit-library \
    -emit-module-path "$out/BatonApple.swiftmodule" -I "$out" -L "$out" -lBaton -- \
    bindings/swift/Sources/BatonApple/*.swift
  compiled "$out/suite" -module-name suite \
    -enable-upcoming-feature InferSendableFromCaptures -I "$out" -L "$out" -lBaton -lBatonTesting -lBatonApple -- \
    bindings/suites/swift/*.swift
}

mkdir -p "$built"
BATON_SWIFT_BINDS=$(realpath "$built")
export BATON_SWIFT_BINDS

if [ "${1:-}" != collide ] || [ ! -e "$out/suite.sum" ]; then
  exec 8>"$out/lock"
  flock 8
  builds
  exec 8>&-
fi
[ "${1:-}" != --build ] || exit 0

play=("${run[@]}" env "LD_LIBRARY_PATH=$PWD/$out:$BATON_SWIFT_BINDS" "$out/suite" "$@")
if [ -n "${BATON_WORLD:-}" ]; then
  exec "${play[@]}"
fi
exec python3 bindings/suites/world.py --baton "${BATON_SERVER:-target/debug/baton}" -- "${play[@]}"
