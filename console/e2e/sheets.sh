#!/usr/bin/env bash
# Puts the pictures that the journeys took (BATON_PICTURES) together, one sheet for each page: desk,
# tablet and phone, in light and in dark. Needs ImageMagick.
#
#   console/e2e/sheets.sh FOLDER    where the sheets go, as NAME.jpg
set -euo pipefail
out=$(realpath -m "${1:?a folder for the sheets}")
cd "$(dirname "$0")/.out/pictures"
mkdir -p "$out"
for first in *-desktop-light.png; do
  name=${first%-desktop-light.png}
  rows=()
  for theme in light dark; do
    ground=$([ $theme = light ] && echo '#d8ddd9' || echo '#2b2b2b')
    pictures=()
    for size in desktop tablet phone; do
      pictures+=("(" "$name-$size-$theme.png" -resize x502 -bordercolor "$ground" -border 5 ")")
    done
    rows+=("(" "${pictures[@]}" +append ")")
  done
  convert "${rows[@]}" -append -quality 82 "$out/$name.jpg"
done
