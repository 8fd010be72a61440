#!/usr/bin/env bash
# Builds the phone core for iOS: an XCFramework as a zip, and the Swift package that names it with
# its checksum, in target/apple. Needs Xcode and the sources of Rust's standard library (`rustup
# component add rust-src`). Without Xcode: 77 and "SKIPPED: reason".
#
#   bindings/packaging/apple/xcframework.sh URL        builds; the zip will be fetched from URL
#   bindings/packaging/apple/xcframework.sh package ZIP URL DIRECTORY
#                                                      only the package around a zip; runs anywhere
set -euo pipefail
cd "$(dirname "$0")/../../.."
packaging=bindings/packaging/apple
out=target/apple

case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
"") echo "xcframework.sh: say from where the zip will be fetched" >&2; exit 1 ;;
esac

sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi; }

# `package ZIP URL DIRECTORY`: what a repository of the package holds.
package() {
  local checksum sources=$3/Sources/Baton
  [ -e target/bindings/swift/baton_core.swift ] ||
    { echo "xcframework.sh: run scripts/mobile/bindgen.sh first" >&2; exit 1; }
  # What `swift package compute-checksum` says.
  checksum=$(sum "$1" | cut -d' ' -f1)
  rm -rf "$3"
  mkdir -p "$sources"
  sed -e "s|@URL@|$2|" -e "s|@CHECKSUM@|$checksum|" $packaging/Package.swift >"$3/Package.swift"
  cp target/bindings/swift/baton_core.swift $packaging/PrivacyInfo.xcprivacy "$sources"
  # The hand-written layer is in the same module.
  cp bindings/swift/Sources/Baton/*.swift "$sources"
  cp -R bindings/swift/Sources/{BatonApple,BatonTesting} "$3/Sources"
}

if [ "$1" = package ]; then
  shift
  package "$@"
  exit
fi
command -v xcodebuild >/dev/null 2>&1 || { echo "SKIPPED: no XCFramework without Xcode"; exit 77; }

scripts/mobile/bindgen.sh
rm -rf "$out"
mkdir -p "$out/headers" "$out/simulator" "$out/symbols"
# In a directory of its own: other frameworks of an app have a module.modulemap too.
cp -R target/bindings/swift/baton_coreFFI "$out/headers"
export IPHONEOS_DEPLOYMENT_TARGET=15.0
. scripts/mobile/shipped.sh
# Unwinding is by Apple's own tables there.
unset CFLAGS
for target in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios; do
  echo "xcframework: $target" >&2
  cargo rustc --quiet --config "$(shipped_flags $target)" "${shipped_std[@]}" --locked \
    --profile mobile --package baton-bindings --lib --crate-type staticlib --target $target
  mkdir -p "$out/symbols/$target"
  cp target/$target/mobile/libbaton_core.a "$out/symbols/$target"
  # Debug information only: an app links by the rest of the symbols.
  strip -S target/$target/mobile/libbaton_core.a
done
lipo -create -output "$out/simulator/libbaton_core.a" \
  target/{aarch64-apple-ios-sim,x86_64-apple-ios}/mobile/libbaton_core.a
xcodebuild -create-xcframework -output "$out/baton_coreFFI.xcframework" \
  -library target/aarch64-apple-ios/mobile/libbaton_core.a -headers "$out/headers" \
  -library "$out/simulator/libbaton_core.a" -headers "$out/headers"
ditto -c -k --sequesterRsrc --keepParent "$out/baton_coreFFI.xcframework" \
  "$out/baton_coreFFI.xcframework.zip"
package "$out/baton_coreFFI.xcframework.zip" "$1" "$out/package"
echo "xcframework: $out/baton_coreFFI.xcframework.zip and $out/package" >&2
