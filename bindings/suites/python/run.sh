#!/usr/bin/env bash
# The suite of Python: the scenarios, and ends of processes. See ../run.sh, which runs it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null ||
  { echo "Python 3.9 or newer is needed"; exit 77; }
export PYTHONPATH=target/bindings/python:bindings/python
code=0
python3 bindings/suites/python/suite.py "$@" || code=1
if [ $# -eq 0 ]; then
  python3 bindings/suites/python/units.py || code=1
  python3 bindings/suites/python/exits.py || code=1
fi
exit $code
