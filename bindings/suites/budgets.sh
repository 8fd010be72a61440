#!/usr/bin/env bash
# What the phone core costs as apps ship it: a table beside the limits of bindings/budgets.json.
# Ends with 1 when something costs more than it may. Builds library and server for release.
#
#   bindings/suites/budgets.sh
#   bindings/suites/budgets.sh --large   what a large inbox costs: first list, search, scrolling
#
# BATON_CONVERSATIONS  customers in the inbox (default 5000, large 10000)
set -euo pipefail
cd "$(dirname "$0")/../.."
figures=budgets.py
case "${1:-}" in
--large) figures=scale.py ;;
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac

scripts/mobile/bindgen.sh
built=${CARGO_TARGET_DIR:-target}
# That it is too large is a row of the table; a library of another day is not measured.
rm -f "$built/mobile/shipped/libbaton_core.so"
scripts/mobile/size.sh || held=$?
[ -e "$built/mobile/shipped/libbaton_core.so" ] || exit "${held:-1}"
cargo build --quiet --release --package baton
out=target/budgets
mkdir -p "$out"
cp target/bindings/python/baton_core.py "$built/mobile/shipped/libbaton_core.so" "$out"
PYTHONPATH=$out:bindings/python BATON_LIBRARY=$out/libbaton_core.so \
  python3 bindings/suites/world.py --baton "$built/release/baton" -- \
  python3 "bindings/suites/python/$figures"
