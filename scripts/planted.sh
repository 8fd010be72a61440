#!/usr/bin/env bash
# Builds with the planted bugs and shows that each alone turns the checker red.
#
# BATON_INTERLEAVINGS  how many are played at most for each bug (default 300)
# BATON_TEST_POSTGRES  a server to use besides SQLite (default: none)
set -euo pipefail
cd "$(dirname "$0")/.."

# The test does not exist in other builds: that it ran must be seen.
said=$(BATON_PLANTED=1 cargo test --quiet --package baton-world --test it \
  engine::planted::every_planted_bug_turns_the_checker_red -- --exact --nocapture 2>&1) ||
  { echo "$said" >&2; exit 1; }
echo "$said" | grep -E 'interleavings|SKIPPED'
echo "$said" | grep -q '1 passed' || { echo "planted.sh: the test did not run" >&2; exit 1; }
