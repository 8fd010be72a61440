#!/usr/bin/env bash
# The programs of a commit, for tests that play an old node or an old phone against today's: builds
# `baton` and the library of the bindings for Python from `git archive`, once, and prints the
# folder. It has baton, uniffi-bindgen, python/ (the package, with its library) and source/.
# Nothing is shared with the working tree but cargo's registry.
#
#   scripts/frozen.sh COMMIT
#
# BATON_FROZEN  where the folders are (default target/frozen)
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "frozen.sh: $1" >&2; exit 1; }
[ $# -eq 1 ] || fail "name one commit"
commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "no such commit: $1"
folder=$(realpath -m "${BATON_FROZEN:-target/frozen}")/$commit
if [ -e "$folder/done" ]; then
  echo "$folder"
  exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/source"
git archive "$commit" | tar -x -C "$folder/source"
(
  cd "$folder/source"
  # Whatever this build was told about its own folder and compiler is not for that one.
  unset CARGO_TARGET_DIR RUSTC_WORKSPACE_WRAPPER BATON_BUILT CARGO_PROFILE_DEV_DEBUG
  export CARGO_TARGET_DIR="$folder/build" CARGO_INCREMENTAL=0
  features=(--workspace --no-default-features --features baton-bindings/bindgen --locked)
  cargo build "${features[@]}" --bin baton --bin uniffi-bindgen &&
    cargo build "${features[@]}" --lib
) >"$folder/build.log" 2>&1 || fail "the build of $commit failed: $folder/build.log"
cp "$folder/build/debug/baton" "$folder/build/debug/uniffi-bindgen" "$folder"
library=$(ls "$folder"/build/debug/libbaton_core.* 2>/dev/null | grep -E '\.(so|dylib)$' | head -1)
[ -n "$library" ] || fail "no library of the bindings in $folder/build/debug"
# It reads the manifests where it stands.
(cd "$folder/source" && "$folder/uniffi-bindgen" generate "$library" --language python \
  --out-dir "$folder/python" --no-format) >>"$folder/build.log" 2>&1 || fail "no Python side of $commit: $folder/build.log"
cp "$library" "$folder/python"
cp -R "$folder/source/bindings/python/baton" "$folder/python"
rm -rf "$folder/build"
touch "$folder/done"
echo "$folder"
