#!/usr/bin/env bash
# Plays the scenarios through the Python layer and prints a line for each; without numbers it tries
# the layer's own parts and the ends of processes besides. In the world at BATON_WORLD; where there
# is none, in one of its own. 77 and "SKIPPED: reason" where there is no Python for it.
#
#   bindings/suites/python/run.sh [NN …]     all scenarios, or these
#
# The Python side of the core is in target/bindings (scripts/mobile/bindgen.sh).
# BATON_SERVER   the server (default target/debug/baton)
# BATON_EXITS    how many processes are ended (default 20)
set -euo pipefail
cd "$(dirname "$0")/../../.."
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ||
  { echo "SKIPPED: Python 3.9 or newer is needed"; exit 77; }
if [ -z "${BATON_WORLD:-}" ]; then
  exec python3 bindings/suites/world.py --baton "${BATON_SERVER:-target/debug/baton}" -- "$0" "$@"
fi
export PYTHONPATH=target/bindings/python:bindings/python
code=0
python3 bindings/suites/python/suite.py "$@" || code=1
if [ $# -eq 0 ]; then
  python3 bindings/suites/python/units.py || code=1
  python3 bindings/suites/python/layer.py || code=1
  python3 bindings/suites/python/exits.py || code=1
fi
exit $code
