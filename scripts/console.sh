#!/usr/bin/env bash
# The console: whether console/dist is what the sources build to, its types, what nobody
# uses, and its unit tests.
# `journeys` plays the core of the journeys in Chromium against the program that was built, within
# three minutes on two cores that have nothing else to do; `all-journeys` plays each of them.
# Installs what is missing where it can, and says SKIPPED with the reason where it cannot.
#
# BATON_BIN        the program that is played against (default: the one that was built)
# BATON_CHROMIUM   the browser (default: the system's, for `journeys` the one without windows)
# BATON_PICTURES   set: pictures of each page go to console/e2e/.out/pictures
#
# BATON_CONSOLE    a directory of console/ whose files are played in place of the program's: dist
#
# usage: scripts/console.sh [journeys | all-journeys]
set -euo pipefail
cd "$(dirname "$0")/../console"

skip() {
  echo "SKIPPED $1"
  exit 0
}

command -v node >/dev/null 2>&1 || skip "the console: there is no node"
command -v npm >/dev/null 2>&1 || skip "the console: there is no npm"
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
  process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  skip "the console: node $(node --version) is older than 20.19"
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 timeout 300 npm ci --silent --no-audit --no-fund >&2 ||
    skip "the console: npm ci failed"
  touch node_modules/.package-lock.json
fi

unit() {
  # What was built of these sources is what the server embeds.
  built=$(mktemp -d)
  trap 'rm -rf "$built"' EXIT
  npx --no-install vite build --logLevel warn --outDir "$built" --emptyOutDir
  diff -rq "$built" dist || {
    echo "console/dist is not what console/ builds to: npm run build" >&2
    exit 1
  }
  npx --no-install prettier --check --log-level warn . ||
    { echo "console/ is not formatted: npm run format" >&2; exit 1; }
  npx --no-install svelte-check --tsconfig ./tsconfig.json --fail-on-warnings --output human
  # Without tests: what they alone use is used by nobody.
  npx --no-install knip
  npx --no-install knip --production
  npx --no-install vitest run
}

# Packages of the system's browser. The one without windows is the same engine at two thirds of the
# processor time; all journeys are played in what people use.
browsers() {
  [ "$1" = all ] || echo chromium-headless-shell
  echo chromium
}

# The first that is here, else the first that can be had.
browser() {
  local name as_root=()
  for name in $(browsers "$1"); do
    [ ! -x "/usr/bin/$name" ] || { echo "/usr/bin/$name"; return; }
  done
  command -v apt-get >/dev/null 2>&1 || return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq >/dev/null 2>&1 </dev/null || return 0
  for name in $(browsers "$1"); do
    # Without a font of emoji each is drawn as a box with its number, wider than any button.
    "${as_root[@]}" apt-get install -qq -y --no-install-recommends "$name" \
      fonts-noto-color-emoji >/dev/null 2>&1 </dev/null || continue
    [ ! -x "/usr/bin/$name" ] || { echo "/usr/bin/$name"; return; }
  done
}

journeys() {
  local chromium=${BATON_CHROMIUM:-$(browser "$1")}
  [ -x "$chromium" ] || skip "the console's journeys: there is no Chromium (BATON_CHROMIUM)"
  local program=${BATON_BIN:-${CARGO_TARGET_DIR:-../target}/debug/baton}
  [ -x "$program" ] || skip "the console's journeys: there is no $program (scripts/build.sh)"
  BATON_CHROMIUM=$chromium BATON_JOURNEYS=$1 BATON_BIN=$(realpath "$program") \
    timeout --kill-after=10 "$2" npx --no-install playwright test || {
    code=$?
    [ $code -ne 124 ] || echo "the journeys took more than $2 s" >&2
    exit $code
  }
}

case "${1:-}" in
  journeys) journeys core 900 ;;
  all-journeys) journeys all 2700 ;;
  *) unit ;;
esac
