#!/usr/bin/env bash
# Brings a Swift toolchain: a small Debian of its own with Swift's packages in a directory (about
# 600 MB to fetch, 2.5 GB there). scripts/mobile/swift-run runs a command in it. Prints the
# directory; needs root, also by sudo without a password. Else 77 and "SKIPPED: reason".
#
#   scripts/mobile/swift.sh            brings it
#   scripts/mobile/swift.sh --cached   77 unless it is there already: nothing is fetched
#
# BATON_TOOLS          where tools lie (default ~/.cache/baton-tools)
# BATON_DEBIAN_MIRROR  where Debian's packages come from (default: as this machine's do)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
usage "$@"

suite=trixie
# Swift, what it links with, and what the product of the Rust toolchain needs at run time.
packages=swiftlang,libc6-dev,libstdc++-14-dev,ca-certificates
place=$tools/swift-$suite

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "Swift is brought on Linux on x86_64 only"
root || skip "bringing and running Swift needs root"
"${as_root[@]}" unshare --mount true 2>/dev/null || skip "mounts of a process's own are not allowed"
if [ ! -e "$place/usr/bin/swiftc" ] && [ "${1:-}" = --cached ]; then
  skip "Swift was not brought yet; scripts/mobile/swift.sh does it"
fi
if [ ! -e "$place/usr/bin/swiftc" ]; then
  alone swift
fi
if [ ! -e "$place/usr/bin/swiftc" ]; then
  have mmdebstrap || packaged mmdebstrap || skip "mmdebstrap is not there and not to be had"
  room=$(df --output=avail -m "$tools" | tail -n 1)
  [ "$room" -gt 5000 ] || skip "Swift needs 5 GB of room, there are $room MB"
  began=$SECONDS
  fresh=$tools/swift.$$
  # What was interrupted is of no use.
  trap '"${as_root[@]}" rm -rf "$fresh"' EXIT
  say "bringing Swift with Debian $suite, a matter of minutes"
  # shellcheck disable=SC2046 # no word at all where the mirror is not known
  fetched 900 "${as_root[@]}" mmdebstrap --variant=apt --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
    "$suite" "$fresh" $(mirror) || skip "Swift could not be brought from Debian"
  [ -e "$fresh/usr/bin/swiftc" ] || skip "Debian's packages brought no Swift"
  "${as_root[@]}" rm -rf "$fresh"/var/cache/apt/archives/*.deb "$fresh"/var/lib/apt/lists/*
  "${as_root[@]}" mv "$fresh" "$place"
  say "Swift is there, after $((SECONDS - began)) s"
fi
echo "$place"
