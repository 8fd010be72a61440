#!/usr/bin/env bash
# Brings the sources of Rust's standard library, in a toolchain like the one that is installed:
# what phones load is compiled with them, and what is for phones has no other. Prints the path of
# the toolchain; 77 and "SKIPPED: reason" where that cannot be had.
#
# They come from the toolchain itself (`rustup component add rust-src`), else from Debian, which
# keeps those of several versions.
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
place=$tools/std-$version-$(sha256sum "$here/std.sh" | cut -c 1-12)

if [ -e "$sysroot/$library/Cargo.lock" ]; then
  echo "$sysroot"
  exit
fi

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
}

if [ ! -e "$place/rust" ]; then
  alone std
fi
if [ ! -e "$place/rust" ]; then
  fresh=$(mktemp -d "$tools/std.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  toolchain ||
    skip "there are no sources of Rust $version; rustup component add rust-src brings them"
  rm -rf "$place"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
fi
echo "$place/rust"
