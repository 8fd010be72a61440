#!/usr/bin/env bash
# A private PostgreSQL for tests: on a free port of this machine, with a password of its own, in a
# directory of its own that goes when it stops.
#
#   scripts/postgres.sh start   starts it (no effect when it runs) and prints its URL
#   scripts/postgres.sh url     prints its URL
#   scripts/postgres.sh schema PROGRAM  gives new databases the schema of this baton: its migrations
#                               take longer than most tests
#   scripts/postgres.sh restart  ends it as a crash does, and starts it again at the same address
#   scripts/postgres.sh stop    stops it and removes its data
#
# BATON_POSTGRES_STATE  where it is noted what runs (default .baton/postgres)
# BATON_POSTGRES_FSYNC  "on" for measurements; tests kill Baton, not the machine (default off)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state=${BATON_POSTGRES_STATE:-$root/.baton/postgres}
fsync=${BATON_POSTGRES_FSYNC:-off}
# Switches off what only a crash of the machine or a replica needs, and takes the cheap password
# check: tests connect often, and SCRAM hashes the password 4096 times on each side.
careless='' passwords=scram-sha-256
if [ "$fsync" = off ]; then
  careless="-c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB"
  passwords=md5
fi

fail() { echo "postgres.sh: $1" >&2; exit 1; }

# PATH first, else the newest that Debian has.
programs() {
  local found
  found=$(command -v initdb || true)
  # The link's target: beside it are the other programs.
  [ -n "$found" ] && found=$(readlink -f "$found")
  [ -n "$found" ] || found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$found" ] || fail "initdb not found; run scripts/setup.sh"
  dirname "$found"
}

# initdb refuses root.
unprivileged() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
  local user=postgres
  id "$user" >/dev/null 2>&1 || user=nobody
  setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
}

pid_of() {
  [ -f "$state/directory" ] || return 1
  local pid
  pid=$(head -n 1 "$(cat "$state/directory")/data/postmaster.pid" 2>/dev/null) || return 1
  # After a crash of the machine the number may be another program's.
  ps -o args= -p "$pid" 2>/dev/null | grep -qF "$(cat "$state/directory")/data" && echo "$pid"
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((15000 + RANDOM % 15000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no free port found"
}

start() {
  if pid_of >/dev/null; then url; return; fi
  stop
  local bin directory password port
  bin=$(programs)
  directory=$(mktemp -d "${TMPDIR:-/tmp}/baton-postgres.XXXXXX")
  mkdir -p "$state"
  chmod 700 "$state"
  echo "$directory" >"$state/directory"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && echo "$password" >"$directory/password")
  [ "$(id -u)" -ne 0 ] || chown -R "$(unprivileged id -u):$(unprivileged id -g)" "$directory"
  (cd "$directory" && unprivileged "$bin/initdb" -D "$directory/data" -U baton -E UTF8 \
    --locale=C -A $passwords --pwfile="$directory/password" -N >"$directory/initdb.log" 2>&1) ||
    { cat "$directory/initdb.log" >&2; stop; fail "initdb failed"; }
  # Another program may take the port between the look and the start: then another port.
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    if (cd "$directory" && unprivileged "$bin/pg_ctl" -D "$directory/data" -w -t 60 -s \
      -l "$directory/server.log" start -o "-p $port -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories= -c fsync=$fsync -c max_connections=800 -c shared_buffers=128MB \
      $careless" \
      >/dev/null 2>&1); then
      (umask 077 && echo "postgres://baton:$password@127.0.0.1:$port/postgres" >"$state/url")
      url
      return
    fi
  done
  tail -n 5 "$directory/server.log" >&2 || true
  stop
  fail "it does not start"
}

url() {
  pid_of >/dev/null || fail "it does not run"
  cat "$state/url"
}

restart() {
  local directory bin
  pid_of >/dev/null || fail "it does not run"
  directory=$(cat "$state/directory")
  bin=$(programs)
  (cd "$directory" && unprivileged "$bin/pg_ctl" -D "$directory/data" -w -t 60 -s -m immediate \
    -l "$directory/server.log" restart >/dev/null 2>&1) || fail "it does not start again"
}

stop() {
  [ -f "$state/directory" ] || return 0
  local pid directory
  directory=$(cat "$state/directory")
  if pid=$(pid_of); then
    # Fast shutdown: clients are cut off.
    kill -INT "$pid"
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    ! kill -0 "$pid" 2>/dev/null || kill -QUIT "$pid"
  fi
  case "$directory" in
  */baton-postgres.??????) rm -rf "$directory" ;;
  esac
  rm -f "$state/directory" "$state/url"
}

schema() {
  local template data
  template=$(url)
  template=${template%/*}/template1
  data=$(mktemp -d)
  # shellcheck disable=SC2064 # its value now: there is no such variable at the end
  trap "rm -rf '$data'" EXIT
  "$1" migrate --database "$template" --data "$data" >/dev/null
  # Each database is a log of its own.
  "$(programs)/psql" -q "$template" -c "DELETE FROM installation"
}

case "${1:-}" in
start | url | restart | stop) "$1" ;;
schema) schema "${2:?which program}" ;;
*) fail "say start, url, schema, restart or stop" ;;
esac
