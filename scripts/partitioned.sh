#!/usr/bin/env bash
# Makes a database with the schema of this build, its tables divided by workspace
# (deploy/partitioned.sql), for tests to copy. Prints its name, which is meant for
# BATON_TEST_TEMPLATE. It needs psql.
#
# BATON_TEST_POSTGRES  the server's address
set -euo pipefail
cd "$(dirname "$0")/.."

program=${BATON_BIN:-${CARGO_TARGET_DIR:-target}/debug/baton}
name=baton_divided
address=${BATON_TEST_POSTGRES:?names no server of PostgreSQL}
divided=${address%/*}/$name
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
psql "$address" --quiet --no-psqlrc -v ON_ERROR_STOP=1 \
  -c "DROP DATABASE IF EXISTS $name" -c "CREATE DATABASE $name TEMPLATE template0" >&2
BATON_STORE__DATA=$place BATON_STORE__DATABASE=$divided "$program" migrate >&2
psql "$divided" --quiet --no-psqlrc -v ON_ERROR_STOP=1 --single-transaction \
  --file deploy/partitioned.sql >&2
# Each copy is a database of its own.
psql "$divided" --quiet --no-psqlrc -v ON_ERROR_STOP=1 -c 'DELETE FROM installation' >&2
echo $name
