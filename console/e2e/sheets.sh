#!/usr/bin/env bash
# Puts the pictures that the journeys took (BATON_PICTURES) together: one sheet for each page, with
# desk, tablet and phone in light and in dark, and single pictures of some, in few colours.
# Needs ImageMagick.
#
#   console/e2e/sheets.sh FOLDER    where they go: NAME.png, and pages/NAME.jpg
set -euo pipefail
out=$(realpath -m "${1:?a folder for the sheets}")
cd "$(dirname "$0")/.out/pictures"
mkdir -p "$out/pages"
for first in *-desktop-light.png; do
  name=${first%-desktop-light.png}
  # One page from right to left stands for all.
  case $name in *-arabic) continue ;; esac
  rows=()
  for theme in light dark; do
    ground=$([ $theme = light ] && echo '#d8ddd9' || echo '#2b2b2b')
    pictures=()
    for size in desktop tablet phone; do
      pictures+=("(" "$name-$size-$theme.png" -resize x420 -bordercolor "$ground" -border 4 ")")
    done
    rows+=("(" "${pictures[@]}" +append ")")
  done
  convert "${rows[@]}" -append -strip -quality 62 "$out/pages/$name.jpg"
done
for name in arabic-desktop-dark board-tablet-dark board-wide-light conversation-desktop-light \
  conversation-phone-dark customers palette-desktop-light settings-teams-desktop-dark \
  stale-desktop-light welcome-phone-light; do
  [ ! -f "$name.png" ] || convert "$name.png" -strip +dither -colors 120 -define png:compression-level=9 "$out/$name.png"
done
