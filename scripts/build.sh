#!/usr/bin/env bash
# Builds what runs on this machine, always with one profile and one set of features: program, tests,
# load tests, demo and bindings share whatever is compiled. Shows the compiler's progress.
#
#   scripts/build.sh           everything; target/test-programs lists the programs with tests
#   scripts/build.sh NAME…     programs: baton, baton-load; bindings: uniffi-bindgen and the library
#
# BATON_BUILT  1: everything is built already, nothing is done
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${BATON_BUILT:-}" != 1 ] || exit 0

# Features are those of all packages together, also where only one program is wanted. Without the
# default ones: a release's allocator takes longer to build than any other part.
build=(cargo build --workspace --no-default-features --features baton-bindings/bindgen)
if [ $# -gt 0 ]; then
  for name in "$@"; do
    case "$name" in
    # A library lies beside the programs only where it is asked for, and that is by all packages.
    bindings) build+=(--lib --bin uniffi-bindgen) ;;
    *) build+=(--bin "$name") ;;
    esac
  done
  exec "${build[@]}"
fi
programs=target/test-programs
mkdir -p target
"${build[@]}" --all-targets --message-format=json-render-diagnostics >"$programs.json"
# One line each: package:target, the directory it runs in, the program.
python3 - "$programs.json" >"$programs" <<'PYTHON'
import json, os, sys
for line in open(sys.argv[1]):
    built = json.loads(line)
    if built["reason"] == "compiler-artifact" and built["profile"]["test"] and built["executable"]:
        directory = os.path.dirname(built["manifest_path"])
        package = built["package_id"].split("#")[-1].split("@")[0]
        if package[0].isdigit():
            package = os.path.basename(directory)
        kind = "it" if "test" in built["target"]["kind"] else built["target"]["kind"][0]
        print(f"{package}:{kind}\t{directory}\t{built['executable']}")
PYTHON
rm "$programs.json"
[ -s "$programs" ] || { echo "build.sh: no test was built" >&2; exit 1; }
