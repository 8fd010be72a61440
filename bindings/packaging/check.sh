#!/usr/bin/env bash
# Shows of the packaging what can be shown without an NDK and without Xcode. What cannot is said
# with SKIPPED, and what of it is left to their machines is in README.md.
#
#   bindings/packaging/check.sh          all parts
#   bindings/packaging/check.sh PART…    of: wheel aar apple
#
# Needs what scripts/mobile/bindgen.sh built.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

packaging=bindings/packaging
# Only directories of its own are written to, whoever runs it.
export PIP_ROOT_USER_ACTION=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "packaging: $1" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
built=${CARGO_TARGET_DIR:-target}/debug
[ -e target/bindings/python/baton_core.py ] || fail "run scripts/mobile/bindgen.sh first"

# The wheel is made twice, is the same, is installed by pip without a network, and is imported by a
# Python that sees nothing of the repository; the library in it is stripped.
check_wheel() {
  if ! have python3 || ! python3 -m pip --version >/dev/null 2>&1 || ! have strip; then
    echo "packaging: SKIPPED wheel: it takes python3 with pip, and strip"
    return
  fi
  local library=$built/libbaton_core.so round
  strip --strip-all -o "$work/libbaton_core.so" "$library"
  for round in 1 2; do
    BATON_LIBRARY=$work/libbaton_core.so python3 -m pip wheel --quiet --no-deps --no-index \
      --no-cache-dir --wheel-dir "$work/wheel$round" $packaging/python
  done
  cmp "$work"/wheel1/*.whl "$work"/wheel2/*.whl || fail "two wheels of the same differ"
  python3 -m pip install --quiet --no-index --no-deps --target "$work/site" "$work"/wheel1/*.whl
  # A module of another source than the library's is refused.
  mkdir "$work/other"
  sed '0,/_checksum_[a-z_]*() != /s//&1/' target/bindings/python/baton_core.py \
    >"$work/other/baton_core.py"
  ! cmp -s target/bindings/python/baton_core.py "$work/other/baton_core.py" ||
    fail "the planted module is not another"
  ! BATON_LIBRARY=$work/libbaton_core.so BATON_BINDINGS=$work/other python3 -m pip wheel --quiet \
    --no-deps --no-index --no-cache-dir --wheel-dir "$work/refused" $packaging/python \
    >"$work/said" 2>&1 || fail "a wheel was made of two sources"
  grep -q 'do not belong together' "$work/said" || { cat "$work/said" >&2; fail "another error"; }
  (cd / && python3 -I - "$work/site" <<'PYTHON') || fail "the wheel cannot be used"
import importlib.metadata, pathlib, sys
site = sys.argv[1]
sys.path.insert(0, site)
import baton_core
assert pathlib.Path(baton_core.__file__).is_relative_to(site), baton_core.__file__
maps = open("/proc/self/maps").read()
assert f"{site}/baton_core/libbaton_core.so" in maps, "another library was loaded"
assert importlib.metadata.version("baton-core")
assert issubclass(baton_core.CoreError, Exception)
import baton
assert pathlib.Path(baton.__file__).is_relative_to(site), baton.__file__
assert baton.Baton and baton.MemoryKeys
import baton.testing
assert baton.testing.FakeBaton and baton.testing.preview.rows()
PYTHON
  echo "packaging: wheel is built, installed and imported:" "$work"/wheel1/*.whl |
    sed "s|$work/wheel1/||"
}

# `stand_in ABI TARGET`: a library for this target with nothing but the first function of the core,
# by the linker's flags of this repository.
stand_in() {
  local low=${2//-/_}
  cat >"$crate/linker-$2" <<END
#!/usr/bin/env bash
# There is no library of Android's here to link with.
for word in "\$@"; do
  shift
  case "\$word" in
  -l* | -no-canonical-prefixes | -Wl,--version-script* | -m32 | -m64) ;;
  *) set -- "\$@" "\$word" ;;
  esac
done
exec "$CROSS_BIN/zcc-$2" -nostdlib -s "\$@"
END
  chmod +x "$crate/linker-$2"
  (cd "$crate" && env "CARGO_TARGET_${low^^}_LINKER=$crate/linker-$2" \
    cargo build --quiet --release -Zbuild-std=core --target "$2")
  mkdir -p "$work/libraries/$1"
  cp "$crate/target/$2/release/libbaton_core.so" "$work/libraries/$1"
}

# Libraries of four machines, linked by the flags that an NDK's linker gets too, are assembled; and
# each library that a phone would refuse is refused.
check_aar() {
  local found rust held
  { found=$(scripts/mobile/cross.sh) && rust=$(scripts/mobile/std.sh); } || {
    held=$?
    found=${rust:-$found}
    [ $held -eq 77 ] || fail "$found"
    echo "packaging: SKIPPED aar: ${found#SKIPPED: }"
    return
  }
  (
    . "$found"
    # A crate by itself, beside its sources.
    unset CARGO_TARGET_DIR
    crate=$PWD/target/mobile-check/stand-in
    export ZIG_GLOBAL_CACHE_DIR=$PWD/target/mobile-check/zig
    export ZIG_LOCAL_CACHE_DIR=$ZIG_GLOBAL_CACHE_DIR
    export PATH=$rust/bin:$PATH RUSTC=$rust/bin/rustc RUSTC_BOOTSTRAP=1
    mkdir -p "$crate/src"
    cat >"$crate/Cargo.toml" <<'END'
[package]
name = "baton_core"
version = "0.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[profile.release]
panic = "abort"
[workspace]
END
    cat >"$crate/src/lib.rs" <<'END'
//! A stand-in for the phone core, to try the packaging with.
#![no_std]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
#[unsafe(no_mangle)]
pub extern "C" fn ffi_baton_core_uniffi_contract_version() -> u32 {
    0
}
END
    stand_in arm64-v8a aarch64-linux-android
    stand_in armeabi-v7a armv7-linux-androideabi
    stand_in x86_64 x86_64-linux-android
    stand_in x86 i686-linux-android
  )
  python3 - "$packaging/android" "$work" "$built/libbaton_core.so" <<'PYTHON' ||
import pathlib, shutil, struct, subprocess, sys, zipfile
android, work, host = map(pathlib.Path, sys.argv[1:])
classes = work / "classes.jar"
with zipfile.ZipFile(classes, "w") as jar:
    jar.writestr("app/baton/core/CoreConfig.class", b"")

def assemble(libraries, jar=classes, out="core.aar"):
    words = ["--libraries", libraries, "--classes", jar, "--version", "1.2.3", "--out", work / out]
    return subprocess.run([sys.executable, android / "assemble.py", *map(str, words)],
                          capture_output=True, text=True)

def refused(what, abi, change):
    """With one library changed, it is refused, and for this reason."""
    shutil.rmtree(work / "changed", ignore_errors=True)
    shutil.copytree(work / "libraries", work / "changed")
    path = work / "changed" / abi / "libbaton_core.so"
    change(path)
    said = assemble(work / "changed", out="refused.aar")
    assert said.returncode != 0 and what in said.stderr, f"{what}: {said}"
    assert not (work / "refused.aar").exists(), f"{what}: written all the same"

def aligned(data, to):
    """The same 64-bit file, said to be aligned otherwise."""
    data = bytearray(data)
    offset, (size, count) = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<HH", data, 54)
    for one in range(offset, offset + size * count, size):
        if struct.unpack_from("<I", data, one)[0] == 1:
            struct.pack_into("<Q", data, one + 48, to)
    return bytes(data)

said = assemble(work / "libraries")
assert said.returncode == 0, said.stderr
with zipfile.ZipFile(work / "core.aar") as aar:
    names = set(aar.namelist())
    assert names == {"AndroidManifest.xml", "classes.jar", "R.txt", "proguard.txt",
                     "META-INF/com/android/build/gradle/aar-metadata.properties",
                     *(f"jni/{abi}/libbaton_core.so"
                       for abi in ("arm64-v8a", "armeabi-v7a", "x86_64", "x86"))}, names
    rules = aar.read("proguard.txt").decode()
for rule in ("-keep class com.sun.jna.** { *; }", "-keep class * implements com.sun.jna.** { *; }",
             "-keep class * extends com.sun.jna.** { *; }", "-keep class app.baton.core.** { *; }",
             "-dontwarn java.awt.**"):
    assert rule in rules.splitlines(), rule
manifest = (android / "AndroidManifest.xml").read_text()
assert "app.baton.android.NotificationReceiver" in manifest
assert "<version>1.2.3</version>" in (work / "core.pom").read_text()

other = work / "libraries/x86_64/libbaton_core.so"
refused("another machine", "arm64-v8a", lambda path: shutil.copy(other, path))
for abi in ("arm64-v8a", "x86_64"):
    refused("aligned for 4096", abi, lambda path: path.write_bytes(aligned(path.read_bytes(), 4096)))
refused("not stripped", "x86_64", lambda path: path.write_bytes(aligned(host.read_bytes(), 16384)))
refused("does not export", "armeabi-v7a", lambda path: path.write_bytes(
    path.read_bytes().replace(b"ffi_baton_core_uniffi_contract", b"ffi_another_uniffi_contract___")))
refused("is missing", "x86", lambda path: path.unlink())
with zipfile.ZipFile(work / "empty.jar", "w") as jar:
    jar.writestr("other/A.class", b"")
assert "holds no class" in assemble(work / "libraries", jar=work / "empty.jar").stderr
PYTHON
    fail "the AAR is not as it should be"
  echo "packaging: aar is assembled of libraries that stand in; pages are of 16 KB; what phones" \
    "refuse are refused"
}

# The Swift package around a zip: its checksum is the one Swift computes, Swift reads it, and what
# Apple asks about privacy is there.
check_apple() {
  local held=0 said
  echo stand-in >"$work/core.zip"
  $packaging/apple/xcframework.sh package "$work/core.zip" https://example.com/core.zip \
    "$work/package"
  if have python3; then
    python3 - "$work/package/Sources/Baton/PrivacyInfo.xcprivacy" <<'PYTHON' ||
import plistlib, sys
privacy = plistlib.load(open(sys.argv[1], "rb"))
assert privacy["NSPrivacyTracking"] is False
for one in privacy["NSPrivacyAccessedAPITypes"]:
    assert one["NSPrivacyAccessedAPIType"] and one["NSPrivacyAccessedAPITypeReasons"], one
PYTHON
      fail "PrivacyInfo.xcprivacy is not as it should be"
  fi
  said=$(BATON_SWIFT_BINDS=$work scripts/mobile/swift-run \
    swift package --package-path "$work/package" compute-checksum "$work/core.zip" 2>"$work/said") ||
    held=$?
  if [ $held -eq 77 ]; then
    echo "packaging: SKIPPED reading Package.swift: ${said#SKIPPED: }"
    return
  fi
  [ $held -eq 0 ] || { cat "$work/said" >&2; fail "Swift cannot read the package"; }
  grep -qF "checksum: \"$said\"" "$work/package/Package.swift" || fail "Swift has another checksum"
  BATON_SWIFT_BINDS=$work scripts/mobile/swift-run \
    swift package --package-path "$work/package" dump-package >"$work/dump" 2>"$work/said" ||
    { cat "$work/said" >&2; fail "Swift cannot read the package"; }
  grep -q PrivacyInfo.xcprivacy "$work/dump" || fail "the package forgets PrivacyInfo.xcprivacy"
  for target in BatonApple BatonTesting; do
    grep -q $target "$work/dump" || fail "the package forgets $target"
  done
  echo "packaging: Package.swift is read by Swift, which computes the same checksum"
}

parts=("$@")
[ $# -gt 0 ] || parts=(wheel aar apple)
for part in "${parts[@]}"; do
  case $part in
  wheel | aar | apple) "check_$part" ;;
  *) fail "there is no part $part" ;;
  esac
done
