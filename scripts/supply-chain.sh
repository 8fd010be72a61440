#!/usr/bin/env bash
# Checks what Baton is made of: licences, banned crates and sources by deny.toml, known weaknesses,
# the list of parts, and the signing of releases. What cannot be checked here is said.
#
# BATON_ADVISORY_DB  a checkout of RustSec's advisory-db to use as it is, without the network
set -euo pipefail
cd "$(dirname "$0")/.."

advisories=https://github.com/RustSec/advisory-db
skip() { echo "SKIPPED $1: $2"; }

crates() {
  if ! cargo deny --version >/dev/null 2>&1; then
    # It takes minutes to build. The same file is read by a small script.
    scripts/deny.py
    return
  fi
  cargo deny --log-level error check bans licenses sources
}

# The checkout of yesterday is better than none.
database() {
  if [ -n "${BATON_ADVISORY_DB:-}" ]; then
    echo "$BATON_ADVISORY_DB"
    return
  fi
  local held=.baton/advisory-db
  if [ -d "$held" ]; then
    timeout 30 git -C "$held" pull --quiet --ff-only >/dev/null 2>&1 || true
  else
    timeout 60 git clone --quiet --depth 1 "$advisories" "$held" >/dev/null 2>&1 || return 0
  fi
  echo "$held"
}

# What a licence asks to be said beside the program is said, and goes with each release.
notices() {
  grep -q "based in part on the work of the Independent JPEG Group" NOTICE
  grep -q "cp LICENSE NOTICE" scripts/dist.sh
  grep -q "/source/NOTICE" deploy/Dockerfile
}

weaknesses() {
  local held
  if ! cargo audit --version >/dev/null 2>&1; then
    skip "known weaknesses" "there is no cargo-audit (cargo install --locked cargo-audit)"
    return
  fi
  held=$(database)
  if [ -z "$held" ]; then
    skip "known weaknesses" "the database of advisories cannot be reached"
    return
  fi
  cargo audit --quiet --db "$held" --no-fetch --stale
  echo "known weaknesses: none, by advisories of $(git -C "$held" log -1 --format=%cs)"
}

parts() {
  scripts/sbom.py baton "$(rustc -vV | sed -n 's/^host: //p')" | python3 -c '
import json, sys
bom = json.load(sys.stdin)
refs = {part["bom-ref"] for part in bom["components"]}
refs.add(bom["metadata"]["component"]["bom-ref"])
assert bom["bomFormat"] == "CycloneDX" and len(refs) > 100, len(refs)
assert refs == {one["ref"] for one in bom["dependencies"]}
unlicensed = [part["name"] for part in bom["components"] if "licenses" not in part]
assert not unlicensed, f"without a licence: {unlicensed}"
print(f"parts: {len(refs)}, each with its licence")
'
}

crates
notices
weaknesses
parts
scripts/sign.sh --check
