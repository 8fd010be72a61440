#!/usr/bin/env bash
# Brings what `cargo check` needs for the targets of phones without an NDK and without Xcode: a Rust
# toolchain with the sources of the standard library, and a C compiler that stands in for the
# platforms' own. Prints the path of a file to source; 77 and "SKIPPED: reason" where that cannot
# be had.
#
# The sources come from the toolchain itself (`rustup component add rust-src`), else from Debian,
# which keeps those of several versions. The stand-in is Zig with the headers of musl and macOS: C
# parts are compiled, but against other headers than a phone's. It is a check, nothing to ship.
#
# BATON_TOOLS          where tools lie (default ~/.cache/baton-tools)
# BATON_DEBIAN_MIRROR  where Debian's packages come from (default: as this machine's do)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
usage "$@"

# In the repository, so that its toolchain is asked.
cd "$here/../.."
version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
library=lib/rustlib/src/rust/library
sums=$(cat "$here/cross.sh" "$here/zig.txt" | sha256sum | cut -c 1-12)
place=$tools/cross-$version-$sums

# `lists SUITE…`: apt-get with these suites of Debian only, and with lists of its own.
lists() {
  local used suite
  used=$(mirror)
  [ -n "$used" ] || return 1
  mkdir -p "$fresh/apt/lists/partial" "$fresh/apt/cache/archives/partial"
  : >"$fresh/apt/status"
  for suite in "$@"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $used $suite main"
  done >"$fresh/apt/sources.list"
  apt=(-o Dir::Etc::sourcelist="$fresh/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State="$fresh/apt" -o Dir::State::lists="$fresh/apt/lists"
    -o Dir::State::status="$fresh/apt/status" -o Dir::Cache="$fresh/apt/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  fetched 180 apt-get "${apt[@]}" update
}

# The sources of exactly this version's standard library, into $fresh/src.
sources() {
  local suites found
  have apt-get && have dpkg-deb || return 1
  for suites in "trixie trixie-backports" "forky sid"; do
    # shellcheck disable=SC2086 # words, on purpose
    lists $suites || return 1
    found=$(apt-cache "${apt[@]}" madison rust-src |
      awk -F ' *[|] *' -v want="$version" '$2 ~ "^" want "[+-]" { print $2; exit }')
    [ -z "$found" ] || break
  done
  [ -n "$found" ] || { say "Debian has no rust-src of $version"; return 1; }
  say "sources of Rust $found from Debian"
  (cd "$fresh" && fetched 180 apt-get "${apt[@]}" download "rust-src=$found") || return 1
  mkdir "$fresh/src"
  dpkg-deb --fsys-tarfile "$fresh"/rust-src_*.deb |
    tar x -C "$fresh/src" --strip-components=4 "./usr/src/rustc-$version/library"
}

# The toolchain with these sources in their place; nothing is changed in the one that is installed.
toolchain() {
  sources || return 1
  mkdir -p "$fresh/rust"
  # Links, where both lie on one disk.
  cp -al "$sysroot"/bin "$sysroot"/lib "$fresh/rust" 2>/dev/null ||
    { rm -rf "$fresh/rust"; mkdir "$fresh/rust"; cp -a "$sysroot"/bin "$sysroot"/lib "$fresh/rust"; }
  mkdir -p "$fresh/rust/lib/rustlib/src"
  mv "$fresh/src" "$fresh/rust/lib/rustlib/src/rust"
  rm -rf "$fresh"/apt "$fresh"/*.deb
  [ -e "$fresh/rust/$library/Cargo.lock" ] || { say "the package is not as expected"; return 1; }
  rust=$place/rust
}

# `zcc TARGET`: a compiler that takes what the platform's own would be told.
zcc() {
  cat >"$fresh/bin/zcc-$1" <<'END'
#!/usr/bin/env bash
# Zig in place of a platform's C compiler; its own target stands for the one it is told.
for word in "$@"; do
  shift
  if [ -n "${drop:-}" ]; then drop=; continue; fi
  case "$word" in
  --target=* | -m*-version-min=* | -march=armv7-a | -mfloat-abi=* | -fembed-bitcode*) ;;
  -target | -isysroot | -arch) drop=1 ;;
  *) set -- "$@" "$word" ;;
  esac
done
END
  echo "exec \"$place/zig/ziglang/zig\" cc -target $2 \"\$@\"" >>"$fresh/bin/zcc-$1"
}

stand_ins() {
  have python3 || packaged python3 || return 1
  python3 -m pip --version >/dev/null 2>&1 || packaged python3-pip || return 1
  say "C compiler by pip"
  fetched 300 python3 -m pip install --quiet --no-deps --no-compile --only-binary=:all: --require-hashes \
    --target "$fresh/zig" -r "$here/zig.txt" || return 1
  mkdir -p "$fresh/bin" "$fresh/sdk/usr/include"
  zcc aarch64-linux-android aarch64-linux-musl
  zcc armv7-linux-androideabi arm-linux-musleabihf
  zcc x86_64-linux-android x86_64-linux-musl
  zcc i686-linux-android x86-linux-musl
  zcc aarch64-apple-ios aarch64-macos
  zcc aarch64-apple-ios-sim aarch64-macos
  printf '#!/bin/sh\nexec "%s" ar "$@"\n' "$place/zig/ziglang/zig" >"$fresh/bin/zar"
  # Builds for iOS ask it where the SDK is.
  printf '#!/bin/sh\necho "%s"\n' "$place/sdk" >"$fresh/bin/xcrun"
  chmod +x "$fresh"/bin/*
}

if [ ! -e "$place/env" ]; then
  alone cross
fi
if [ ! -e "$place/env" ]; then
  fresh=$(mktemp -d "$tools/cross.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  began=$SECONDS
  rust=$sysroot
  [ -e "$sysroot/$library/Cargo.lock" ] || toolchain ||
    skip "there are no sources of Rust $version; rustup component add rust-src brings them"
  stand_ins || skip "no C compiler for the targets could be brought by pip"
  cat >"$fresh/env" <<END
CROSS_RUST="$rust"
CROSS_BIN="$place/bin"
CROSS_SDK="$place/sdk"
END
  rm -rf "$place"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
  say "it is there, after $((SECONDS - began)) s"
fi
echo "$place/env"
