#!/usr/bin/env bash
# Signs the sums of a release with an OpenSSH key, and checks a release.
#
#   scripts/sign.sh DIRECTORY           signs SHA256SUMS in it with BATON_SIGNING_KEY; off without
#   scripts/sign.sh --verify DIRECTORY SIGNERS   checks signature and files; SIGNERS lists who may
#                                       sign, one `name key` a line (ALLOWED SIGNERS in ssh-keygen)
#   scripts/sign.sh --check             signs and checks a trial of its own
#
# BATON_SIGNING_KEY  file with the private key, or with the public key of one that ssh-agent holds
set -euo pipefail

space=baton-release

sign() {
  if [ -z "${BATON_SIGNING_KEY:-}" ]; then
    echo "sign: the release is not signed: BATON_SIGNING_KEY names no key"
    return
  fi
  rm -f "$1/SHA256SUMS.sig"
  ssh-keygen -Y sign -q -f "$BATON_SIGNING_KEY" -n "$space" "$1/SHA256SUMS"
  echo "sign: $1/SHA256SUMS.sig, with the key $(ssh-keygen -l -f "$BATON_SIGNING_KEY" | cut -d' ' -f2)"
}

verify() {
  local who
  who=$(ssh-keygen -Y find-principals -f "$2" -s "$1/SHA256SUMS.sig" | head -n 1)
  ssh-keygen -Y verify -q -f "$2" -I "$who" -n "$space" -s "$1/SHA256SUMS.sig" <"$1/SHA256SUMS"
  (cd "$1" && sha256sum --check --quiet --strict SHA256SUMS)
  echo "sign: $1 is complete and signed by $who"
}

# What must not verify, in `$1`.
refuses() {
  if ("$0" --verify "$work" "$2") >/dev/null 2>&1; then
    echo "sign: $1 was taken for good" >&2
    exit 1
  fi
}

check() {
  if ! command -v ssh-keygen >/dev/null 2>&1; then
    echo "SKIPPED signing: there is no ssh-keygen"
    return
  fi
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for key in ours theirs; do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/$key"
    echo "releases $(cat "$work/$key.pub")" >"$work/$key.signers"
  done
  echo program >"$work/baton"
  (cd "$work" && sha256sum baton >SHA256SUMS)
  BATON_SIGNING_KEY='' "$0" "$work" | grep -q 'not signed'
  BATON_SIGNING_KEY=$work/ours "$0" "$work" >/dev/null
  "$0" --verify "$work" "$work/ours.signers" >/dev/null
  refuses "another signer's key" "$work/theirs.signers"
  echo other >"$work/baton"
  refuses "a changed program" "$work/ours.signers"
  (cd "$work" && sha256sum baton >SHA256SUMS)
  refuses "changed sums" "$work/ours.signers"
  echo "signing: a trial was signed and checked; a changed program, changed sums and another key were refused"
}

case "${1:-}" in
--check) check ;;
--verify) verify "$2" "$3" ;;
"" | -*) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
*) sign "$1" ;;
esac
