# What the scripts that bring tools for phones have in common; they source it. Tools lie under
# BATON_TOOLS (default ~/.cache/baton-tools), are brought once, and are looked at again by nothing
# but their stamp. On standard output a script says one line: where its tool is, or why it was
# SKIPPED (then it ends with 77). All else goes to standard error.
# shellcheck shell=bash

tools=${BATON_TOOLS:-${HOME:-.}/.cache/baton-tools}
name=$(basename "$0" .sh)

say() { echo "$name: $1" >&2; }
fail() { say "$1"; exit 1; }
skip() { echo "SKIPPED: $1"; exit 77; }
have() { command -v "$1" >/dev/null 2>&1; }

# `usage "$@"`: shows the head of the script where that was asked for.
usage() {
  case "${1:-}" in
  -h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
  esac
}

# `alone NAME`: two runs do not bring the same tool at once; the second waits.
alone() {
  mkdir -p "$tools"
  exec 9>"$tools/$1.lock"
  flock --timeout 1800 9 || skip "another run has been bringing $1 for half an hour"
}

# `fetched SECONDS COMMAND…`: runs it within this time; its output is shown when it fails.
fetched() {
  local log held=0 seconds=$1
  shift
  log=$(mktemp)
  timeout --kill-after=10 "$seconds" "$@" >"$log" 2>&1 9>&- || held=$?
  [ $held -eq 0 ] || { tail -n 8 "$log" >&2; say "failed ($held): $*"; }
  rm -f "$log"
  return $held
}

# What is put before a command that needs root; fails where that cannot be had.
as_root=()
root() {
  [ "$(id -u)" -ne 0 ] || return 0
  sudo -n true 2>/dev/null || return 1
  as_root=(sudo -n)
}

# `packaged PACKAGE…`: installs packages of Debian.
packaged() {
  have apt-get && root || return 1
  say "installing $*"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y
    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
  # The package lists may be absent or old: fetch them only when it does not work without.
  fetched 600 "${apt[@]}" install --no-install-recommends "$@" 2>/dev/null ||
    { fetched 120 "${apt[@]}" update &&
      fetched 600 "${apt[@]}" install --no-install-recommends "$@"; }
}

# The mirror of Debian this machine uses, if it uses one.
mirror() {
  local used=${BATON_DEBIAN_MIRROR:-}
  if [ -z "$used" ] && have apt-get; then
    used=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' \
      2>/dev/null | sed -n 's/^Debian Debian //p' | head -n 1)
  fi
  echo "${used%/}"
}
