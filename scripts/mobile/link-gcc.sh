#!/usr/bin/env bash
# A linker that links twice: the library as it was asked for, whose symbols describe the API and
# from which bindings are generated, and beside it, as NAME.shipped, the same without them, which
# nobody reads on a phone. SHIPPED_LINKER is what links (default cc), SHIPPED_LINK_ARGS what it is
# told besides for the second. That it is called as a C compiler is, rustc sees in its name.
set -euo pipefail
linker=${SHIPPED_LINKER:-cc}
"$linker" "$@"

words=() out="" described=""
for word in "$@"; do
  case "$word" in
  -Wl,--version-script=*) described=${word#*=} word=-Wl,--version-script=$described.shipped ;;
  *.so) out=$word word=$out.shipped ;;
  esac
  words+=("$word")
done
# Programs of the build have no API to describe.
[ -n "$described" ] || exit 0
grep -v '^ *UNIFFI_META_' "$described" >"$described.shipped"
# shellcheck disable=SC2086 # words, on purpose
"$linker" "${words[@]}" ${SHIPPED_LINK_ARGS:-}
