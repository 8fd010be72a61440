#!/usr/bin/env bash
# Brings what the tests need besides the Rust toolchain: the server programs of PostgreSQL.
# Quiet and without effect where they are there.
set -euo pipefail

have_postgres() {
  command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

give_up() {
  cat >&2 <<END
setup: PostgreSQL's server programs (initdb, postgres) are missing: $1
Install PostgreSQL 15 or newer with your package manager, or name a server whose user may create
databases: BATON_TEST_POSTGRES=postgres://user:password@host/postgres make test
END
  exit 1
}

have_postgres && exit 0
command -v apt-get >/dev/null 2>&1 || give_up "this is no Debian, nothing was installed"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || give_up "installing them needs root"
  as_root=(sudo -n)
fi

echo "setup: installing PostgreSQL's server programs" >&2
# Only the programs are wanted: no cluster of the system's is made or started.
cluster=/etc/postgresql-common/createcluster.conf
if [ ! -e "$cluster" ]; then
  "${as_root[@]}" mkdir -p "${cluster%/*}"
  echo "create_main_cluster = false" | "${as_root[@]}" tee "$cluster" >/dev/null
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
  -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
install=("${apt[@]}" install -y --no-install-recommends postgresql)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists may be absent or old: fetch them only when it does not work without.
"${install[@]}" >"$log" 2>&1 ||
  { "${apt[@]}" update >>"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1; } ||
  { tail -n 5 "$log" >&2; give_up "apt-get could not install them"; }
have_postgres || give_up "the package brought none"
