#!/usr/bin/env bash
# Builds the program for release into target/dist, with its licence, the notices that parts of it ask
# for, the list of its parts as CycloneDX JSON, and their sums. BATON_SIGNING_KEY names a key to sign the sums with, see scripts/sign.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/dist
# The same bytes wherever it is built: no path of this machine stays in the program. With flags of
# its own it has a folder of its own, or it and other builds would undo each other.
cargo_home=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
export RUSTFLAGS="--remap-path-prefix=$PWD=baton --remap-path-prefix=$cargo_home=cargo"
export CFLAGS="-ffile-prefix-map=$PWD=baton -ffile-prefix-map=$cargo_home=cargo"
export CARGO_TARGET_DIR=$PWD/target/dist-build
# Kernels of 64-bit ARM have pages of 4, 16 or 64 KiB; the allocator is built for the largest.
[ "$(uname -m)" != aarch64 ] || export JEMALLOC_SYS_WITH_LG_PAGE=16
cargo build --release --locked --package baton
mkdir -p "$out"
cp "$CARGO_TARGET_DIR/release/baton" "$out/baton"
cp LICENSE NOTICE "$out"
# The bugs that tests plant are in no release.
held=0
PLANTED_BUG=lock_trusted "$out/baton" --version >/dev/null 2>&1 || held=$?
[ $held -eq 78 ] || { echo "dist: the release knows planted bugs" >&2; exit 1; }
command -v python3 >/dev/null 2>&1 || { echo "dist: python3 is needed" >&2; exit 1; }
host=$(rustc -vV | sed -n 's/^host: //p')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)} \
  scripts/sbom.py baton "$host" >"$out/baton.cdx.json"
rm -f "$out/SHA256SUMS.sig"
(cd "$out" && sha256sum baton baton.cdx.json LICENSE NOTICE >SHA256SUMS)
scripts/sign.sh "$out"
echo "dist: $out has the program, its parts ($(grep -c '"purl"' "$out/baton.cdx.json")) and their sums"
