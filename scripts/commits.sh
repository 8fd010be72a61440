#!/usr/bin/env bash
# Subjects of commits, as CONTRIBUTING.md wants them: an area, and up to 72 columns. Looks at the
# last one and at those that no remote has; without a remote at the last ten. A merge keeps the
# subject that git gives it.
#
#   scripts/commits.sh [RANGE…]   other commits, as git log names them
set -euo pipefail
cd "$(dirname "$0")/.."
# Characters are counted, not bytes.
export LC_ALL=C.UTF-8

# An archive of the source has no history, and git reads no clone of another user.
git rev-parse --quiet --verify HEAD >/dev/null 2>&1 ||
  { echo "SKIPPED subjects of commits: there is no history"; exit 0; }

subjects() {
  git log --no-merges --encoding=UTF-8 --format='%h %s' "$@"
}

all() {
  if [ $# -gt 0 ]; then
    subjects "$@"
  elif [ -n "$(git for-each-ref --count=1 refs/remotes)" ]; then
    subjects -1 HEAD
    subjects HEAD --not --remotes
  else
    subjects -10 HEAD
  fi
}

wrong=0
while read -r commit subject; do
  if [ ${#subject} -gt 72 ]; then
    echo "commit $commit: its subject has ${#subject} columns, and may have 72: $subject" >&2
  elif ! [[ "$subject" =~ ^[[:alnum:]][^:]*:\ [^\ ] ]]; then
    echo "commit $commit: its subject names no area (\"area: what changes\"): $subject" >&2
  else
    continue
  fi
  wrong=1
done < <(all "$@" | sort -u)
exit $wrong
