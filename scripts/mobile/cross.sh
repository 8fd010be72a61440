#!/usr/bin/env bash
# Brings what `cargo check` needs for the targets of phones without an NDK and without Xcode,
# besides the standard library that std.sh brings: a C compiler that stands in for the platforms'
# own. Prints the path of a file to source; 77 and "SKIPPED: reason" where that cannot be had.
#
# The stand-in is Zig with the headers of musl and macOS: C parts are compiled, but against other
# headers than a phone's. It is a check, nothing to ship.
#
# BATON_TOOLS  where tools lie (default ~/.cache/baton-tools)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
usage "$@"

sums=$(cat "$here/cross.sh" "$here/zig.txt" | sha256sum | cut -c 1-12)
place=$tools/cross-$sums

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
  stand_ins || skip "no C compiler for the targets could be brought by pip"
  cat >"$fresh/env" <<END
CROSS_BIN="$place/bin"
CROSS_SDK="$place/sdk"
END
  rm -rf "$place"
  chmod 755 "$fresh"
  mv "$fresh" "$place"
  say "it is there, after $((SECONDS - began)) s"
fi
echo "$place/env"
