#!/usr/bin/env bash
# Builds the library of the bindings as apps ship it, strips a copy, and compares its size with
# the last line of bindings/size.txt: more than 5 % above it is refused until a line with a reason
# is added, more than 6.0 MB always. Linux on x86_64 only: the figures are of that.
#
#   scripts/mobile/size.sh                  measures and compares
#   scripts/mobile/size.sh --note "reason"  measures and adds a line
#
# target/mobile/shipped/libbaton_core.so   stripped, and without the description of its API
# target/mobile/symbols/libbaton_core.so.debug   to read crash reports of that with
set -euo pipefail
cd "$(dirname "$0")/../.."
figures=bindings/size.txt
bytes_max=6000000

fail() { echo "size.sh: $1" >&2; exit 1; }

# `halves LIBRARY DIRECTORY`: the stripped half and the symbols.
halves() {
  local name=libbaton_core.so
  mkdir -p "$2/shipped" "$2/symbols"
  objcopy --only-keep-debug "$1" "$2/symbols/$name.debug"
  strip --strip-all -o "$2/shipped/$name" "$1"
  (cd "$2/symbols" && objcopy --add-gnu-debuglink="$name.debug" "../shipped/$name")
}

reason=""
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
--note) reason=${2:?"size.sh: say why"} ;;
"") ;;
*) fail "unknown $1" ;;
esac
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
  { echo "SKIPPED: sizes are compared on Linux on x86_64 only"; exit 77; }
for program in strip objcopy; do
  command -v $program >/dev/null 2>&1 || { echo "SKIPPED: there is no $program"; exit 77; }
done

. scripts/mobile/shipped.sh
target=x86_64-unknown-linux-gnu
# Packed relocations, as Android's linker packs them: they are a thirtieth. A glibc before 2.36
# would not load the library; a later one only if it says that it knows of that, as this option lets
# it and --pack-dyn-relocs=relr alone does not.
export SHIPPED_LINK_ARGS=-Wl,-z,pack-relative-relocs
# LLD, which comes with Rust, as for Android.
flags=("-Clinker=$PWD/scripts/mobile/link-gcc.sh" -Clink-arg=-fuse-ld=lld
  "-Clink-arg=-B$shipped_rust/lib/rustlib/$target/bin/gcc-ld")
# As this kind of library alone: with the others beside it, nothing is optimised across crates.
cargo rustc --quiet --config "$(shipped_flags $target "${flags[@]}")" \
  "${shipped_std[@]}" --target $target --locked --profile mobile --package baton-bindings --lib \
  --crate-type cdylib
built=${CARGO_TARGET_DIR:-target}/mobile
mkdir -p "$built"
halves "${built%mobile}$target/mobile/deps/libbaton_core.so.shipped" "$built"
now=$(stat -c %s "$built/shipped/libbaton_core.so")
echo "size: libbaton_core.so has $now bytes"
[ "$now" -le $bytes_max ] || fail "that is more than $bytes_max"
if [ -n "$reason" ]; then
  [ -e "$figures" ] ||
    echo "# Bytes of the stripped library on Linux on x86_64; why it changed. The last line counts." \
      >"$figures"
  echo "$now $reason" >>"$figures"
  exit
fi
last=$(awk '/^[0-9]/ { last = $1 } END { print last }' "$figures" 2>/dev/null) || true
[ -n "$last" ] || fail "$figures holds no figure; begin it with --note"
[ $((now * 100)) -le $((last * 105)) ] ||
  fail "that is more than 5 % above $last; where it has to be: scripts/mobile/size.sh --note REASON"
