#!/usr/bin/env bash
# Brings what the tests need besides the Rust toolchain: the server programs of PostgreSQL and of
# Redis, Python, and ps and kill. Also what checks the files for running Baton, if it can be had:
# without it those checks say SKIPPED. Quiet and without effect where all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

have_postgres() {
  command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

have_redis() {
  command -v "${BATON_TEST_REDIS_SERVER:-redis-server}" >/dev/null 2>&1
}

give_up() {
  cat >&2 <<END
setup: server programs are missing: $1
Needed: initdb and postgres of PostgreSQL 15 or newer, redis-server of Redis 7 or newer (or of
Valkey), python3, ps and kill. Install them with your package manager, or name others: a PostgreSQL whose user may create
databases, and the program of Redis:
BATON_TEST_POSTGRES=postgres://user:password@host/postgres BATON_TEST_REDIS_SERVER=path make test
END
  exit 1
}

have_python() {
  command -v python3 >/dev/null 2>&1
}

# Slim images have neither, and the shell's own kill is no program.
have_procps() {
  command -v ps >/dev/null 2>&1 && [ -x "$(type -P kill)" ]
}

# The packages of checks that may be left out.
checks() {
  command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || echo nginx-light
  command -v haproxy >/dev/null 2>&1 || [ -x /usr/sbin/haproxy ] || echo haproxy
  command -v promtool >/dev/null 2>&1 || echo prometheus
}

have_needed() {
  have_postgres && have_redis && have_python && have_procps
}

# What could not be had is not asked for again on the same day.
tried=.baton/checks-tried
wanted=()
if command -v apt-get >/dev/null 2>&1 && [ -z "$(find "$tried" -mtime -1 2>/dev/null)" ]; then
  mapfile -t wanted < <(checks)
fi
if have_needed; then
  [ ${#wanted[@]} -gt 0 ] || exit 0
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || exit 0
fi
command -v apt-get >/dev/null 2>&1 || give_up "this is no Debian, nothing was installed"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || give_up "installing them needs root"
  as_root=(sudo -n)
fi

packages=()
have_postgres || packages+=(postgresql)
have_redis || packages+=(redis-server)
have_python || packages+=(python3)
have_procps || packages+=(procps)
echo "setup: installing ${packages[*]} ${wanted[*]}" >&2
# Only the programs are wanted: no cluster of the system's is made, and no service is started, which
# a policy forbids for the time of the installation.
cluster=/etc/postgresql-common/createcluster.conf
if ! have_postgres && [ ! -e "$cluster" ]; then
  "${as_root[@]}" mkdir -p "${cluster%/*}"
  echo "create_main_cluster = false" | "${as_root[@]}" tee "$cluster" >/dev/null
fi
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
kept=""
restore() {
  rm -f "$log"
  "${as_root[@]}" rm -f "$policy"
  [ -z "$kept" ] || "${as_root[@]}" mv "$kept" "$policy"
}
if [ -e "$policy" ]; then
  kept="$policy.baton-setup"
  "${as_root[@]}" mv "$policy" "$kept"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 755 "$policy"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
  -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
# The package lists may be absent or old: fetch them only when it does not work without.
install() {
  local install=("${apt[@]}" install -y --no-install-recommends "$@")
  "${install[@]}" >"$log" 2>&1 ||
    { "${apt[@]}" update >>"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1; }
}
if [ ${#packages[@]} -gt 0 ]; then
  install "${packages[@]}" || { tail -n 5 "$log" >&2; give_up "apt-get could not install them"; }
  have_needed || give_up "the packages brought none"
fi
if [ ${#wanted[@]} -gt 0 ]; then
  mkdir -p "${tried%/*}" && touch "$tried"
  # That is no failure: the checks say themselves what they lack.
  install "${wanted[@]}" || echo "setup: not to be had: ${wanted[*]}" >&2
fi
