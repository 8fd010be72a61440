#!/usr/bin/env bash
# Checks that the phone core compiles for the targets of phones, its C parts included, without an
# NDK and without Xcode: the standard library is built from its sources, and another C compiler
# stands in (see scripts/mobile/cross.sh). What it does not show: linking, and the platforms' own
# headers. 77 and "SKIPPED: reason" where the tools cannot be had.
#
#   scripts/check-mobile-targets.sh            all targets
#   scripts/check-mobile-targets.sh TARGET…    these
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

targets=(aarch64-linux-android armv7-linux-androideabi x86_64-linux-android i686-linux-android
  aarch64-apple-ios aarch64-apple-ios-sim)
[ $# -eq 0 ] || targets=("$@")

found=$(scripts/mobile/cross.sh) || { held=$?; echo "check-mobile-targets: $found"; exit $held; }
. "$found"
rust=$(scripts/mobile/std.sh) || { held=$?; echo "check-mobile-targets: $rust"; exit $held; }

packages=(--package baton-mobile)
[ ! -e bindings/Cargo.toml ] || packages+=(--package baton-bindings)

# Zig caches what it compiled of its own.
export ZIG_GLOBAL_CACHE_DIR=$PWD/target/mobile-check/zig ZIG_LOCAL_CACHE_DIR=$PWD/target/mobile-check/zig
export SDKROOT=$CROSS_SDK PATH=$rust/bin:$CROSS_BIN:$PATH
export RUSTC=$rust/bin/rustc RUSTC_BOOTSTRAP=1
for target in "${targets[@]}"; do
  began=$SECONDS
  low=${target//-/_}
  [ -x "$CROSS_BIN/zcc-$target" ] || { echo "check-mobile-targets: unknown $target" >&2; exit 1; }
  env "CC_$low=$CROSS_BIN/zcc-$target" "AR_$low=$CROSS_BIN/zar" \
    cargo check --quiet -Zbuild-std=std,panic_unwind --locked --target "$target" \
    --target-dir target/mobile-check "${packages[@]}"
  echo "check-mobile-targets: $target compiles ($((SECONDS - began)) s)"
done
