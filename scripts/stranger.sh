#!/usr/bin/env bash
# A client in Go, written from docs/protocol.md alone, plays its scenes against a server on loopback.
#
#   scripts/stranger.sh          without what waits for more than a minute
#   scripts/stranger.sh --long   everything
#
# BATON_PROGRAM  the server's program (default: the debug build)
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "SKIPPED the client in Go: $1"; exit 0; }

long=()
case "${1:-}" in
"") ;;
--long) long=(-long) ;;
*) echo "stranger.sh: unknown argument $1" >&2; exit 2 ;;
esac
command -v go >/dev/null 2>&1 || skip "there is no Go"
program=$(realpath "${BATON_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/baton}")
[ -x "$program" ] || { echo "stranger.sh: there is no $program; build it first" >&2; exit 1; }
built=$(realpath -m "${CARGO_TARGET_DIR:-target}/stranger")
cd tests/stranger
go mod download 2>/dev/null || skip "its library, or a Go that is new enough, cannot be had"
go vet ./...
# Fixtures lie outside of the module: Go would not see that they changed.
go test -count=1 ./...
go build -o "$built" .
"$built" -baton "$program" "${long[@]}"
