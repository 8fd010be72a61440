#!/usr/bin/env bash
# Builds the last commit for release twice, in folders of different names and lengths, and compares
# the bytes. It takes two whole builds.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in one another/one-with-a-longer-name; do
  git clone --quiet . "$folder/$name"
  "$folder/$name/scripts/dist.sh" >&2
  cp "$folder/$name/target/dist/SHA256SUMS" "$folder/$(basename "$name").sums"
  rm -rf "$folder/$name"
done
cat "$folder/one.sums"
cmp "$folder/one.sums" "$folder/one-with-a-longer-name.sums"
echo "two builds in two places gave the same bytes"
