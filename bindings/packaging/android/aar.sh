#!/usr/bin/env bash
# Builds the AAR of the phone core for four ABIs: target/android/baton-core-VERSION.aar with its
# .pom, and the libraries' symbols beside it. Needs an NDK, the sources of Rust's standard library
# (`rustup component add rust-src`) and Kotlin, which scripts/mobile/kotlin.sh brings. Without an
# NDK: 77 and "SKIPPED: reason".
#
#   ANDROID_NDK_HOME=path bindings/packaging/android/aar.sh
#
# BATON_ANDROID_API  the oldest Android, as its level (default 23)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

ndk=${ANDROID_NDK_HOME:-${ANDROID_NDK_ROOT:-}}
[ -n "$ndk" ] || { echo "SKIPPED: no AAR without an NDK; ANDROID_NDK_HOME says where it is"; exit 77; }
tools=$(printf '%s\n' "$ndk"/toolchains/llvm/prebuilt/*/bin | head -n 1)
[ -x "$tools/clang" ] || { echo "aar.sh: there is no compiler below $ndk" >&2; exit 1; }
api=${BATON_ANDROID_API:-23}
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
out=target/android
packaging=bindings/packaging/android

# `library ABI TARGET CLANG_TARGET`
library() {
  local low=${2//-/_} built=target/$2/mobile/deps/libbaton_core.so.shipped
  local clang=$tools/$3$api-clang
  echo "aar: $1" >&2
  # Relocations are packed as Android reads them from 6.0 on, level 23, the oldest there is an AAR
  # for; older ones would not load the library.
  env -u RUSTFLAGS "CC_$low=$clang" "AR_$low=$tools/llvm-ar" "SHIPPED_LINKER=$clang" \
    SHIPPED_LINK_ARGS=-Wl,--pack-dyn-relocs=android \
    cargo rustc --quiet --config "$(shipped_flags "$2" "-Clinker=$PWD/scripts/mobile/link-gcc.sh")" \
    "${shipped_std[@]}" --locked --profile mobile --package baton-bindings --lib \
    --crate-type cdylib --target "$2"
  mkdir -p "$out/libraries/$1" "$out/symbols/$1"
  "$tools/llvm-objcopy" --only-keep-debug "$built" "$out/symbols/$1/libbaton_core.so.debug"
  "$tools/llvm-strip" --strip-all -o "$out/libraries/$1/libbaton_core.so" "$built"
}

. scripts/mobile/shipped.sh
found=$(scripts/mobile/kotlin.sh) || { held=$?; echo "$found"; exit $held; }
. "$found"
rm -rf "$out"
mkdir -p "$out"
library arm64-v8a aarch64-linux-android aarch64-linux-android
library armeabi-v7a armv7-linux-androideabi armv7a-linux-androideabi
library x86_64 x86_64-linux-android x86_64-linux-android
library x86 i686-linux-android i686-linux-android

scripts/mobile/bindgen.sh
# What is generated, the layer and the Android library, in one jar. Firebase and androidx.work are
# the app's: their stubs stay outside.
platform=$(bindings/android/check.sh --classes) || { held=$?; echo "$platform"; exit $held; }
"$KOTLINC" -cp "$platform:$KOTLIN_CP" -d "$out/stubs.jar" bindings/android/stubs
"$KOTLINC" -cp "$platform:$out/stubs.jar:$KOTLIN_CP" -d "$out/classes.jar" \
  target/bindings/kotlin bindings/kotlin/src/main bindings/android/src/main/kotlin
file=$out/baton-core-$version.aar
python3 $packaging/assemble.py --libraries "$out/libraries" --classes "$out/classes.jar" \
  --version "$version" --out "$file"
# For an app's tests alone: never inside the AAR.
"$KOTLINC" -cp "$KOTLIN_CP:$out/classes.jar" -d "$out/baton-testing-$version.jar" \
  bindings/kotlin/src/testing
echo "aar: $file and $out/baton-testing-$version.jar" >&2
