#!/usr/bin/env bash
# A private S3-compatible store for tests: moto's server from PyPI, in memory, on a free port of this
# machine, with the buckets `baton` and `baton-swept`.
#
#   scripts/s3.sh start   starts it (no effect when it runs) and prints its URL
#   scripts/s3.sh stop    stops it
#
# BATON_S3_STATE  where it is noted what runs, and where moto is installed (default .baton/s3)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state=${BATON_S3_STATE:-$root/.baton/s3}
moto='moto[s3,server]==5.1.20'

fail() { echo "s3.sh: $1" >&2; exit 1; }

pid_of() {
  local pid
  pid=$(cat "$state/pid" 2>/dev/null) || return 1
  ps -o args= -p "$pid" 2>/dev/null | grep -qF "$state/serve.py" && echo "$pid"
}

start() {
  if pid_of >/dev/null; then cat "$state/url"; return; fi
  mkdir -p "$state"
  if [ ! -x "$state/python/bin/python" ]; then
    python3 -m venv "$state/python" >&2 || fail "python3 has no venv"
  fi
  "$state/python/bin/pip" install --quiet --disable-pip-version-check "$moto" >&2 ||
    fail "moto cannot be installed"
  cat >"$state/serve.py" <<'PYTHON'
import sys, threading, urllib.request
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
url = "http://127.0.0.1:%d" % server.get_host_and_port()[1]
for bucket in ("baton", "baton-swept"):
    urllib.request.urlopen(urllib.request.Request(url + "/" + bucket, method="PUT")).read()
open(sys.argv[1], "w").write(url + "\n")
threading.Event().wait()
PYTHON
  rm -f "$state/url"
  "$state/python/bin/python" "$state/serve.py" "$state/url" >"$state/log" 2>&1 </dev/null &
  echo $! >"$state/pid"
  for _ in $(seq 150); do
    [ -s "$state/url" ] && { cat "$state/url"; return; }
    sleep 0.2
  done
  fail "it does not start; see $state/log"
}

stop() {
  local pid
  if pid=$(pid_of); then kill "$pid"; fi
  rm -f "$state/pid" "$state/url"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
*) fail "usage: s3.sh start | stop" ;;
esac
